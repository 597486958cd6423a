/** What a record, a file in YAML, an agent's words or a server on its port can try against whoever reads them. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LineCounts } from "../../src/agents/shared/lost-lines.ts";
import { inTime } from "../../src/agents/shared/in-time.ts";
import { readCustomAgent } from "../../src/agents/custom/read.ts";
import { harmless } from "../../src/cli/harmless.ts";
import { fileName } from "../../src/domain/file-name.ts";
import { value } from "../../src/domain/units.ts";
import { httpGet } from "../../src/host/http.ts";
import { smokeOutcome } from "../../src/machines/jobs/smoke.ts";
import { parseBudgets } from "../../src/plan/budget-file.ts";
import { CHAIN_START, seal } from "../../src/record/chain.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { readRecord } from "../../src/record/reader.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { viewOf } from "../../src/session/view.ts";
import { ROOT } from "../support/agent-session.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
/** Names that every object answers to. */
const INHERITED = ["constructor", "__proto__", "toString", "hasOwnProperty"];
const EXAMPLE = readFileSync(join(ROOT, "results/examples/record.jsonl"), "utf8");

/** The example with a name in place of another, sealed anew: what somebody writes who knows the format. */
const renamed = (from: string, to: string): string => {
  let digest = CHAIN_START;
  const lines = EXAMPLE.trim()
    .split("\n")
    .map((line) => {
      const { digest: _old, ...content } = JSON.parse(line) as RecordLine & { readonly digest: string };
      const text = JSON.stringify(content).replaceAll(JSON.stringify(from), JSON.stringify(to));
      const sealed = seal(digest, JSON.parse(text) as RecordLine);
      ({ digest } = sealed);
      return sealed.text;
    });
  const path = join(folder, "record.jsonl");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
};

describe("a name that every object has", () => {
  test.each(INHERITED)("%s is a scenario like any other in a record", async (name) => {
    const view = viewOf(await readRecord(renamed("file-open", name)));
    for (const render of [renderCsv, renderSummaryJson, renderMarkdown])
      expect(render(view).replaceAll("\\", "")).toContain(name);
    expect(Object.hasOwn(Object.prototype, "operations")).toBe(false);
  });

  test.each(INHERITED)("%s is no unit of a budget, no scenario and no metric", (name) => {
    const budget = (scenario: string, metric: string, most: string): string =>
      `budgets:\n  - scenario: "${scenario}"\n    metric: "${metric}"\n    at-most: "${most}"\n`;
    const unit = name.replaceAll("_", "");
    for (const text of [
      budget("*", "workload-cpu", `10 ${unit}`),
      budget(name, "loss", "1 %"),
      budget("*", name, "1 %"),
    ])
      expect(() => parseBudgets(text, "b.yaml", ["file-open"])).toThrow(
        expect.objectContaining({ kind: "usage", message: expect.stringContaining("b.yaml:") as string }),
      );
  });

  test.each(["__proto__", "constructor"])(
    "%s in a guest's summary changes no object of ours",
    async (name) => {
      writeFileSync(join(folder, "exit-code"), "0");
      writeFileSync(join(folder, "run.log"), "");
      const row = `{"agent":"sensor","scenario":"${name}","operations":7,"delivered":7}`;
      spawnSync("mkdir", ["-p", join(folder, "run")]);
      writeFileSync(join(folder, "run/summary.json"), `{"host":{"emulated":true},"ledger":[${row}]}`);
      const { events } = await smokeOutcome(folder);
      expect(Object.entries(events)).toEqual([[name, { operations: 7, delivered: 7 }]]);
      expect(({} as Readonly<Record<string, unknown>>)["operations"]).toBeUndefined();
    },
  );
});

const AGENT = readFileSync(join(ROOT, "docs/examples/custom-agent.yaml"), "utf8");

describe("a file in YAML", () => {
  const bomb = `a: &a [${"x,".repeat(9)}x]\n${"bcdefghi"
    .split("")
    .map(
      (name, at) =>
        `${name}: &${name} [${Array.from({ length: 10 }, () => `*${"abcdefgh"[at] ?? ""}`).join()}]\n`,
    )
    .join("")}`;

  test.each([
    ["aliases of aliases that would fill the memory", bomb],
    ["brackets nested beyond any stack", `budgets: ${"[".repeat(20_000)}`],
    ["an alias of nothing", "budgets: *nothing\n"],
    ["a key that reaches for every object", 'budgets: []\n"__proto__": { polluted: yes }\n'],
    ["a tag that asks for code", 'budgets: !!js/function "process.exit()"\n'],
    ["something that holds itself", "budgets: &a [*a]\n"],
    ["an escape sequence as a key", '"\\e]0;owned\\a": 1\n'],
  ])("with %s is refused with its line", (_, text) => {
    for (const read of [() => parseBudgets(text, "f.yaml", []), () => readCustomAgent(text, "f.yaml")])
      expect(read).toThrow(
        expect.objectContaining({
          kind: "usage",
          message: expect.stringMatching(/^f\.yaml:\d+: /) as string,
        }),
      );
    expect(({} as Readonly<Record<string, unknown>>)["polluted"]).toBeUndefined();
  });

  test("names no file outside of the agent's folder, and no shell", () => {
    for (const name of ["../../etc/cron.d/x", "/etc/passwd", ".hidden", "a/b"])
      expect(() => readCustomAgent(`${AGENT}\nfiles:\n  - { name: "${name}", text: x }\n`, "f.yaml")).toThrow(
        /must match|unique|files/,
      );
    for (const id of ["../x", "a b", "A", "x;reboot", "$(reboot)"])
      expect(() => readCustomAgent(AGENT.replace(/^id: .*$/m, `id: "${id}"`), "f.yaml")).toThrow(
        /"id" must match/,
      );
  });
});

describe("a pattern that takes for ever on what an agent says", () => {
  const EVIL = /^(?:a+)+(\d)$/;
  const LINE = `${"a".repeat(60)}!`;

  test("is broken off, and there is no count", () => {
    const counts = new LineCounts(EVIL);
    counts.feed(`${LINE}\n`);
    expect([counts.isTooSlow, counts.sum]).toEqual([true, value(0)]);
    // It is not tried a second time.
    counts.feed(`${LINE}\n`.repeat(1000));
    expect(counts.isTooSlow).toBe(true);
  });

  test("any other failure inside stays what it is", () => {
    expect(() =>
      inTime(() => {
        throw new RangeError("mine");
      }),
    ).toThrow("mine");
  });
});

describe("who listens on an agent's port before the agent does", () => {
  const answering = async (
    answer: Parameters<typeof createServer>[1],
    ask: (url: string) => Promise<void>,
  ) => {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };

  test("does not fill the memory", async () => {
    const MEBIBYTE = Buffer.alloc(2 ** 20, "x");
    await answering(
      (_request, response) => {
        const more = (): void => {
          while (response.write(MEBIBYTE));
        };
        response.on("drain", more);
        more();
      },
      async (url) => {
        expect(await httpGet(url)).toMatchObject({
          kind: "missing",
          reason: expect.stringContaining("more than 16777216 bytes") as string,
        });
      },
    );
  });

  test("sends us nowhere else", async () => {
    let asked = 0;
    await answering(
      (request, response) => {
        asked += 1;
        response.writeHead(302, { location: `http://${request.headers.host ?? ""}/elsewhere` }).end();
      },
      async (url) => {
        expect((await httpGet(url)).kind).toBe("missing");
      },
    );
    expect(asked).toBe(1);
  });
});

describe("a terminal", () => {
  const ATTACK =
    "\u001b]0;owned\u0007\u001b[2J\u001b[6n\u009b31m\u202eevil\rgone\u001b[31mred\u001b[39m\n\tkept";

  test("gets no sequence but our own styles", () => {
    expect(harmless(ATTACK, false)).not.toContain("\u001b");
    expect(harmless(ATTACK, true)).toBe("�]0;owned��[2J�[6n�31m�evil\ngone\u001b[31mred\u001b[39m\n\tkept");
  });

  test("is not reached by a record's words, whichever command reads them", () => {
    const path = join(folder, "evil.jsonl");
    const evil = { type: ATTACK } as unknown as RecordLine;
    writeFileSync(path, `${seal(CHAIN_START, evil).text}\n`);
    for (const command of ["report", "analyse", "verify", "export --format csv"]) {
      const [name = "", ...flags] = command.split(" ");
      const { status, stdout, stderr } = tare([name, path, ...flags]);
      expect([command, status, stderr]).toEqual([command, 2, expect.stringContaining("not a tare record")]);
      // oxlint-disable-next-line no-control-regex
      expect([command, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.exec(stdout + stderr)]).toEqual([
        command,
        null,
      ]);
    }
  });
});

test.each([
  ["../../etc/cron.d/x", "etc-cron.d-x"],
  ["/etc/passwd", "etc-passwd"],
  ["-rf", "rf"],
  ["a\u0000b\nc", "a-b-c"],
  ["..", "unnamed"],
  ["20261129-120000-node1", "20261129-120000-node1"],
])("a run called %j becomes the file %s", (name, file) => {
  expect(fileName(name)).toBe(file);
});
