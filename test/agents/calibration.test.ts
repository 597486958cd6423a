/**
 * Known answers must be known: every calibration agent on the real kernel, under the real workloads, held to what it says of itself. That
 * the harness recovers them is another matter, see docs/calibration.md: it needs blocks and a quiet node, and no test here asserts a time.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import calibrationCost from "../../src/agents/calibration-cost.ts";
import calibrationCpu from "../../src/agents/calibration-cpu.ts";
import calibrationLoss from "../../src/agents/calibration-loss.ts";
import calibrationMemory from "../../src/agents/calibration-memory.ts";
import { Report } from "../../src/agents/shared/calibration.ts";
import { readAnswer } from "../../src/agents/shared/own-program.ts";
import type { Agent, Injected } from "../../src/domain/agent.ts";
import type { Host } from "../../src/domain/host.ts";
import { PLAIN_FAMILIES, known } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { parseMapInfo } from "../../src/observe/memory.ts";
import { ROOT, type Session, whyNot, withAgent } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const root = temporaryFolder();

const newHost = (): { readonly host: Host; readonly folder: string } => {
  // The folder's name is part of the paths that the workload opens, and of what effects may own.
  const folder = mkdtempSync(join(root, "tare-"));
  return { host: createHost({ root: ROOT, journalDirectory: `${folder}/journal` }), folder };
};

const injectedBy = async ({ running }: Session): Promise<Injected> => {
  const reading = await running.injected?.();
  if (reading?.kind !== "value") throw new Error(`it reports ${JSON.stringify(reading)}`);
  return reading.value;
};

const difference = (after: Injected, before: Injected): Injected => ({
  operations: after.operations - before.operations,
  workloadNs: after.workloadNs - before.workloadNs,
  agentNs: after.agentNs - before.agentNs,
  discarded: after.discarded - before.discarded,
  mapBytes: after.mapBytes,
});

/** What the agent injected while `body` ran, with proof that it left nothing. */
const during = async (
  agent: Agent,
  body: (session: Session, host: Host) => Promise<void>,
): Promise<Injected> => {
  const { host, folder } = newHost();
  const { result, running, problems } = await withAgent(host, agent, folder, async (session) => {
    const before = await injectedBy(session);
    await body(session, host);
    const after = await injectedBy(session);
    const ids = await Promise.all(heldBy(host, session));
    return { injected: difference(after, before), ids: ids.flat() };
  });
  expect(problems).toEqual([]);
  // A process that has ended is a zombie until its parent, which is this one, gets round to it.
  for (const { pid } of running.processes)
    await expect.poll(() => host.alive(pid), { message: `pid ${pid} still runs` }).toBe(false);
  expect(await host.list(`${folder}/agent`)).toEqual([]);
  await expect.poll(() => stillThere(result.ids)).toEqual([]);
  return result.injected;
};

interface BpfId {
  readonly kind: "prog" | "map";
  readonly id: string;
}

const heldBy = (host: Host, session: Session): readonly Promise<readonly BpfId[]>[] =>
  session.running.processes.map(async ({ pid }) => {
    const found: BpfId[] = [];
    for (const fd of await host.list(`/proc/${pid}/fdinfo`)) {
      const info = known(await host.readText(`/proc/${pid}/fdinfo/${fd}`)) ?? "";
      for (const [, kind, id] of info.matchAll(/^(prog|map)_id:\s*(\d+)$/gm))
        found.push({ kind: kind === "prog" ? "prog" : "map", id: id ?? "" });
    }
    return found;
  });

/** Those that the kernel still holds. */
const stillThere = (ids: readonly BpfId[]): readonly BpfId[] =>
  ids.filter(({ kind, id }) => spawnSync("bpftool", [kind, "show", "id", id]).status === 0);

const OPERATIONS = 400;

/** Connects to this node's own address all the while, as the programs of any node do: none of them is an operation. */
const besideConnects = async (window: () => Promise<void>): Promise<void> => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let isDone = false;
  const connects = (async (): Promise<number> => {
    for (let made = 0; ; made += 1) {
      if (isDone && made >= 25) return made;
      await once(connect(port, "127.0.0.1").resume(), "close");
    }
  })();
  await window();
  isDone = true;
  await connects;
  server.close();
};

describe.each(calibrationCost.variants.map((agent) => [agent.id, agent] as const))("%s", (_, agent) => {
  test("acts on every operation of the workloads, burns at least its dose, and leaves nothing", async (ctx) => {
    const obstacle = await whyNot(newHost().host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const { injects } = agent;
    if (injects?.kind !== "cost" || typeof injects.doseNs === "number") throw new Error("it names no doses");
    const { doseNs } = injects;
    const injected = await during(agent, async (session) => {
      for (const family of PLAIN_FAMILIES) {
        const before = await injectedBy(session);
        const done = await session.work(family, OPERATIONS);
        const { operations, workloadNs } = difference(await injectedBy(session), before);
        // Workloads of the same name that somebody else runs get the dose too, and count.
        expect(operations).toBeGreaterThanOrEqual(done);
        expect(workloadNs).toBeGreaterThanOrEqual(done * doseNs[family]);
      }
    });
    expect(injected).toMatchObject({ agentNs: 0, discarded: 0, mapBytes: 0 });
  });
});

describe.each(calibrationLoss.variants.map((agent) => [agent.id, agent] as const))("%s", (id, agent) => {
  test("loses exactly its share of each workload, declares what it should, and leaves nothing", async (ctx) => {
    const obstacle = await whyNot(newHost().host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const [honesty, every] = (id.split("@")[1] ?? "").split("-");
    const share = OPERATIONS / Number(every);
    const injected = await during(agent, async (session) => {
      for (const family of agent.observes) {
        const ledger = await session.trial(family, OPERATIONS, {
          toLose: share,
          around: besideConnects,
        });
        // Of operations in a row as many are due wherever the warm-up has brought the counter to.
        expect(ledger).toMatchObject({
          operations: OPERATIONS,
          delivered: OPERATIONS - share,
          duplicates: 0,
          declared: honesty === "silent" ? 0 : share,
        });
      }
    });
    expect(injected.discarded).toBeGreaterThanOrEqual(agent.observes.length * share);
    expect(Math.abs(injected.discarded * Number(every) - injected.operations)).toBeLessThan(Number(every));
    expect(injected).toMatchObject({ workloadNs: 0, agentNs: 0 });
  });
});

describe("calibration-cpu", () => {
  test("spends in its own process what it owes for the operations, and the kernel's account agrees", async (ctx) => {
    const obstacle = await whyNot(newHost().host, calibrationCpu);
    ctx.skip(obstacle !== undefined, obstacle);
    const SPEND_NS = 2000;
    let done = 0;
    let kernelNs = 0;
    const injected = await during(calibrationCpu, async (session, host) => {
      const pid = session.running.processes[0]?.pid ?? 0;
      const spent = async (): Promise<number> =>
        Number((known(await host.readText(`/proc/${pid}/schedstat`)) ?? "").split(" ")[0]);
      const before = await spent();
      done = await session.work("file", 20_000);
      await injectedBy(session); // pays what is still owed
      kernelNs = (await spent()) - before;
    });
    expect(injected.operations).toBeGreaterThanOrEqual(done);
    expect(injected.agentNs).toBeGreaterThanOrEqual(injected.operations * SPEND_NS);
    expect(kernelNs).toBeGreaterThanOrEqual(done * SPEND_NS);
    expect(injected.agentNs).toBeGreaterThanOrEqual(kernelNs);
  });
});

describe("calibration-memory", () => {
  test("holds the map that it says, and the kernel shows that size", async (ctx) => {
    const obstacle = await whyNot(newHost().host, calibrationMemory);
    ctx.skip(obstacle !== undefined, obstacle);
    let shown = 0;
    const injected = await during(calibrationMemory, async (session, host) => {
      for (const { pid } of session.running.processes) {
        for (const fd of await host.list(`/proc/${pid}/fdinfo`))
          shown += parseMapInfo(known(await host.readText(`/proc/${pid}/fdinfo/${fd}`)) ?? "")?.bytes ?? 0;
      }
    });
    expect(injected.mapBytes).toBe(64 * 2 ** 20);
    // The kernel adds the map's own description, which is less than a page.
    expect(shown).toBeGreaterThanOrEqual(injected.mapBytes);
    expect(shown - injected.mapBytes).toBeLessThanOrEqual(4096);
  });
});

describe("a calibration program that cannot be started as asked", () => {
  const DOSE = "tare-dose --families file --report /dev/null --file-ns";
  const DISCARD = "tare-discard --input p --output o --report /dev/null --every";
  test.each([
    [`${DOSE} 100001`, /^tare-dose: --file-ns "100001" is not a whole number from 0 to 100000$/m],
    [`${DOSE} -1`, /^tare-dose: --file-ns "-1" is not a whole number/m],
    ["tare-dose --families disk --report /dev/null", /no family is named "disk"/],
    ["tare-dose --families file", /--report is missing/],
    [`${DISCARD} 1`, /^tare-discard: --every "1" is not a whole number from 2/m],
    ["tare-hold --bytes 5000 --report /dev/null", /^tare-hold: --bytes 5000 is not a multiple of 4096$/m],
  ])("%s", async (command, said) => {
    const [program = "", ...args] = command.split(" ");
    const path = join(ROOT, "build/bpf/calibration", program);
    if ((await newHost().host.which(path)) === undefined) throw new Error(`${path} is not built`);
    const ended = spawnSync(path, args, { encoding: "utf8", cwd: root });
    expect(ended.stderr).toMatch(said);
    expect(ended.status).toBe(2);
  });

  test("leaves with status 3 without the right to load programs", async (ctx) => {
    const { host, folder } = newHost();
    const path = join(ROOT, "build/bpf/calibration/tare-dose");
    ctx.skip(host.uid !== 0, "only root can give up being root");
    ctx.skip((await host.which(path)) === undefined, `${path} is not built`);
    const args = ["--families=file", `--report=${folder}/report`];
    const ended = spawnSync("setpriv", ["--bounding-set=-all", "--inh-caps=-all", path, ...args], {
      encoding: "utf8",
    });
    expect(ended.stderr).toMatch(/^tare-dose: no hook for file could be used: .*Operation not permitted/m);
    expect(ended.status).toBe(3);
    expect(readFileSync(`${folder}/report`, "utf8")).toBe("");
  });
});

describe("a report", () => {
  const sums = { operations: 1, workloadNs: 2, agentNs: 3, discarded: 4, mapBytes: 5 };

  test("is read as it stands", () => {
    expect(readAnswer(Report, JSON.stringify(sums), "report")).toEqual({ kind: "value", value: sums });
  });

  test.each([
    ["no JSON", "{", /no JSON/],
    ["null", "null", /the report must be an object, found null/],
    ["a sum short", JSON.stringify({ ...sums, discarded: undefined }), /"discarded" is missing/],
    [
      "a sum that is no number",
      JSON.stringify({ ...sums, agentNs: "3" }),
      /"agentNs" must be a number, found "3"/,
    ],
    ["a negative sum", JSON.stringify({ ...sums, mapBytes: -1 }), /"mapBytes" must be at least 0/],
  ])("is missing, not 0, when it is %s", (_, line, reason) => {
    expect(readAnswer(Report, line, "report")).toMatchObject({
      kind: "missing",
      reason: expect.stringMatching(reason) as string,
    });
  });
});
