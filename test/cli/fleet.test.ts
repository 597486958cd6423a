/** `tare report` over records of several nodes, made of a real one: what is put in is known. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { value } from "../../src/domain/units.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { HostFingerprint } from "../../src/domain/run-header.ts";
import { readRecord } from "../../src/record/reader.ts";
import { createRecord } from "../../src/record/writer.ts";
import type { ComparisonJson } from "../../src/report/comparison-json.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "results/examples");
const folder = temporaryFolder();

const tare = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "src/cli/main.ts"), ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, TARE_JOURNAL: join(folder, "journal"), NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
};

interface Change {
  readonly host?: Partial<HostFingerprint>;
  readonly startedAt?: string;
  /** Factor on the sensor's workload CPU time. */
  readonly slower?: number;
}

const changed = (line: RecordLine, name: string, { host, startedAt, slower = 1 }: Change): RecordLine => {
  if (line.type === "header")
    return {
      ...line,
      run: name,
      startedAt: startedAt ?? line.startedAt,
      host: {
        ...line.host,
        hostname: name,
        machineIdHash: value(`id of ${name}`),
        bootId: value(`boot of ${name}`),
        ...host,
      },
    };
  if (line.type !== "trial" || line.agent !== "sensor" || line.outcome.kind !== "measured") return line;
  const { driver } = line.outcome;
  const operations = driver.operations.map((one) => ({
    ...one,
    batches: one.batches.map((batch) => ({ ...batch, cpuNs: Math.round(batch.cpuNs * slower) })),
  }));
  return { ...line, outcome: { ...line.outcome, driver: { ...driver, operations } } };
};

/** The example as another node would have given it; `folder` may be another than the node's name. */
const nodeAt = async (name: string, change: Change = {}, run = name): Promise<string> => {
  const { lines } = await readRecord(join(EXAMPLES, "record.jsonl"));
  const path = join(folder, run);
  mkdirSync(path);
  const writer = await createRecord(join(path, "record.jsonl"));
  for (const line of lines) await writer.append(changed(line, name, change));
  await writer.close();
  return path;
};

const SLOWER = [1, 1.01, 0.99, 1.02, 0.98, 1.005];
const ARM = { arch: "aarch64", cpuModel: "Neoverse-N1" };
let records: readonly string[];

beforeAll(async () => {
  const good = await Promise.all(SLOWER.map((slower, index) => nodeAt(`n${index + 1}`, { slower })));
  const bad = await nodeAt("n7", { slower: 1.6, host: { governor: value("powersave") } });
  const again = await nodeAt("n1", { startedAt: "2026-11-24T02:27:04.162Z" }, "n1-again");
  const arm = await Promise.all(["arm1", "arm2"].map((name) => nodeAt(name, { host: ARM })));
  records = [...good, bad, again, ...arm, join(EXAMPLES, "guests/arm64")];
});

const report = (format: string, of = records): string => {
  const { status, stdout, stderr } = tare(
    "report",
    ...of,
    "--out",
    join(folder, "fleet.html"),
    "--print",
    format,
  );
  expect(stderr).toContain("wrote ");
  expect(status).toBe(0);
  return stdout;
};

describe("seven nodes of one kind, two of another and an emulated one", () => {
  test("are a fleet in JSON: each node once, and the bad one with what differs there", () => {
    const { fleet } = JSON.parse(report("json")) as ComparisonJson;
    expect(fleet.nodes).toHaveLength(10);
    expect(fleet.nodes[0]).toMatchObject({ name: "n1", sides: [0, 7], side: 7, aside: null });
    expect(fleet.nodes.at(-1)).toMatchObject({ aside: { kind: "emulated" } });
    expect(fleet.answers[0]).toMatchObject({ agent: "sensor", answer: "over", over: [6] });
    const exec = fleet.figures.find(({ scenario, stratum }) => scenario === "process-exec" && stratum === 0);
    expect(exec?.fit).not.toBeNull();
    expect(exec?.outlying).toEqual([
      { node: 6, differs: [{ kind: "text", key: "governor", value: "powersave", others: null }] },
    ]);
    const arm = fleet.answers.find(({ stratum }) => stratum === 1);
    expect(arm?.why).toEqual([{ kind: "few-nodes", nodes: 2, needed: 4 }]);
  });

  test("are told in Markdown and on the page alike", () => {
    const markdown = report("markdown");
    const page = readFileSync(join(folder, "fleet.html"), "utf8").replace(
      /<script type="module">[^]*<\/script>/,
      "",
    );
    for (const text of [markdown, page]) {
      expect(text).toContain("May it be rolled out to nodes of these kinds?");
      expect(text).toContain("n7 is outlying");
      expect(text).toContain("its CPU was emulated");
      expect(text).toMatch(/2 nodes cannot tell of another one: 4 are needed/);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(page.indexOf("kinds?")).toBeLessThan(page.indexOf("Kinds of node"));
  });

  test("have their answer last on a terminal, above the prompt", () => {
    const { stdout } = tare("report", ...records, "--out", join(folder, "fleet.html"));
    expect(stdout.lastIndexOf("May it be rolled out")).toBeGreaterThan(stdout.lastIndexOf("Each record"));
    expect(stdout).toMatch(/at most [\d.]+ % of such nodes/);
  });
});

test("without the bad node, one more would be within", () => {
  const { fleet } = JSON.parse(report("json", records.slice(0, 6))) as ComparisonJson;
  expect(fleet.answers[0]).toMatchObject({ answer: "within" });
  expect(fleet.answers[0]?.overAtMost).toBeCloseTo(1 - 0.05 ** (1 / 6), 9);
});
