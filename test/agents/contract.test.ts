/**
 * What every agent promises, whatever the folder holds. The second half runs each agent that this node has on the real
 * kernel, with the real workloads; what cannot run here is skipped and says why.
 */
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Agent, RunningAgent } from "../../src/domain/agent.ts";
import type { Host } from "../../src/domain/host.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import type { Family } from "../../src/domain/units.ts";
import { known } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { readAudit } from "../../src/observe/node-state.ts";
import { drain } from "../../src/run/drain.ts";
import { prepareDriver } from "../../src/run/drive.ts";
import { follow } from "../../src/run/follow.ts";
import { waitUntilReady } from "../../src/run/readiness.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "src/agents");
const agents = [...(await loadFolder<Agent>(FOLDER)).values()];
const scenarios = [...(await loadFolder<Scenario>(join(ROOT, "scenarios"))).values()];

describe.each(agents.map((agent) => [agent.id, agent] as const))("%s", (id, agent) => {
  it("has a complete data sheet", () => {
    expect(readdirSync(FOLDER).map((name) => basename(name, ".ts"))).toContain(id);
    expect(agent.title).not.toBe("");
    expect(agent.blindSpots.length).toBeGreaterThan(0);
    expect(new Set(agent.observes).size).toBe(agent.observes.length);
    if (agent.packages.length > 0) expect(agent.homepage).toMatch(/^https:\/\//);
    expect(agent.overload === "none").toBe(agent.observes.length === 0);
  });

  it("exports its data sheet and nothing else", async () => {
    const module = (await import(join(FOLDER, `${id}.ts`))) as object;
    expect(Object.keys(module)).toEqual(["default"]);
  });

  it.runIf(agent.observes.length > 0)("on an empty node says what is missing and what to do", async () => {
    const host = new FakeHost();
    const probe = await agent.probe(host);
    if (probe.kind === "available") expect.fail(`it claims to be available (${probe.path})`);
    expect(probe.reason).not.toBe("");
    expect(probe.hint).toContain(`tare agents install ${id}`);
    expect(host.done.filter((step) => !step.startsWith("run "))).toEqual([]);
  });

  it.runIf(agent.observes.length > 0)("without root says so, whatever is installed", async () => {
    const everything = new Proxy<Record<string, string>>(
      {},
      { get: (_, name) => `/usr/bin/${String(name)}` },
    );
    const files = { "/tare/build/bpf/tare-sensor": "" };
    const probe = await agent.probe(new FakeHost({ uid: 1000, programs: everything, files }));
    expect(probe).toMatchObject({ kind: "unavailable", hint: expect.stringMatching(/root/) as string });
  });
});

/** Ids of the BPF programs that the agent's processes hold. */
const programsOf = async (host: Host, running: RunningAgent): Promise<readonly number[]> => {
  const ids: number[] = [];
  for (const { pid } of running.processes) {
    for (const name of await host.list(`/proc/${pid}/fdinfo`)) {
      const info = known(await host.readText(`/proc/${pid}/fdinfo/${name}`)) ?? "";
      for (const [, id] of info.matchAll(/^prog_id:\s*(\d+)$/gm)) ids.push(Number(id));
    }
  }
  return ids;
};

const stillLoaded = async (host: Host, ids: readonly number[]): Promise<readonly number[]> => {
  const listed = await host.run("bpftool", ["-j", "prog", "show"]);
  if (listed.exitCode !== 0) return [];
  const loaded = (JSON.parse(listed.stdout) as readonly { id: number }[]).map((program) => program.id);
  return ids.filter((id) => loaded.includes(id));
};

/** The kernel frees programs and moves audit's owner a moment after the process that held them. */
const eventually = async (host: Host, holds: () => Promise<boolean>): Promise<boolean> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (await holds()) return true;
    await host.sleep(100);
  }
  return false;
};

/** Enough for every batch of output to be flushed more than once, little enough that nothing overflows. */
const OPERATIONS = 200;
const TRIAL = "0a51";

const scenarioFor = (family: Family): Scenario | undefined =>
  scenarios.find((scenario) => scenario.family === family && scenario.driver.kind === "native");

describe.each(agents.filter((agent) => agent.observes.length > 0).map((agent) => [agent.id, agent] as const))(
  "%s on this node",
  (id, agent) => {
    const folder = temporaryFolder();

    it("sees a sentinel, delivers a small trial, declares the rest, and leaves nothing", async (ctx) => {
      const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
      const probe = await agent.probe(host);
      if (probe.kind === "unavailable") {
        ctx.skip(`${id}: ${probe.reason}`);
        return;
      }
      for (const family of agent.observes) {
        const scenario = scenarioFor(family);
        const program =
          scenario?.driver.kind === "native" ? `${ROOT}/build/scenarios/${scenario.driver.program}` : "";
        if ((await host.which(program)) === undefined) ctx.skip(`${id}: no workload for ${family} is built`);
      }

      const { signal } = new AbortController();
      const auditBefore = known(await readAudit(host));
      const scope = host.effects.scope(id);
      const directory = `${folder}/agent`;
      const watchedDirectory = `${folder}/watched`;
      let programs: readonly number[] = [];
      let running: RunningAgent | undefined;
      try {
        await scope.perform({ kind: "directory", path: directory, mode: 0o700 });
        await scope.perform({ kind: "directory", path: watchedDirectory });
        running = await agent.start(host, {
          directory,
          families: agent.observes,
          watchedDirectory,
          effects: scope,
          launch: async (spec, stop) => await scope.start(spec, stop),
          signal,
        });
        const drivers = agent.observes.flatMap((family) => scenarioFor(family) ?? []);
        const stderr = `${folder}/driver.err`;
        await waitUntilReady(host, scope, {
          agent,
          running,
          families: agent.observes,
          scenarios: drivers,
          directory: watchedDirectory,
          stderr,
          signal,
        });
        programs = await programsOf(host, running);

        for (const scenario of drivers) {
          if (scenario.family === undefined) continue;
          const trialScope = host.effects.scope(scenario.id);
          try {
            const driver = await prepareDriver(host, trialScope, {
              scenario,
              trial: {
                id: TRIAL,
                scenario: scenario.id,
                load: { kind: "closed", batches: 2, batchOperations: OPERATIONS / 2, warmupOperations: 10 },
                placement: "free",
              },
              directory: watchedDirectory,
              edges: [],
              stderr,
              paddingBytes: 0,
              signal,
            });
            const before = await agent.declaredLoss(host, running);
            const follower = await follow(host, running.outputs, {
              family: scenario.family,
              trial: TRIAL,
              operations: OPERATIONS,
            });
            if (follower === undefined) expect.fail(`no output tells of ${scenario.family}`);
            const result = await driver.go();
            await drain(host, follower, OPERATIONS, signal);
            const after = await agent.declaredLoss(host, running);

            const { delivered } = follower.counts();
            const operations = result.operations.reduce((sum, operation) => sum + operation.count, 0);
            expect(operations).toBe(OPERATIONS);
            const [lostBefore, lostAfter] = [known(before), known(after)];
            if (lostBefore === undefined || lostAfter === undefined) {
              // Nothing to balance against: say so instead of passing quietly.
              console.warn(
                `${id}, ${scenario.id}: delivered ${delivered} of ${operations}, loss not countable`,
              );
              expect(delivered).toBeGreaterThan(0);
              expect(delivered).toBeLessThanOrEqual(operations);
            } else {
              const declared = lostAfter - lostBefore;
              const found = `delivered ${delivered} of ${operations}, declared lost ${declared}`;
              console.info(`${id}, ${scenario.id}: ${found}`);
              // Declared losses are of all events on the node, so they may exceed what is missing here.
              expect(declared, found).toBeGreaterThanOrEqual(operations - delivered);
            }
          } finally {
            expect(await trialScope.undo()).toEqual([]);
          }
        }
      } finally {
        expect(await scope.undo()).toEqual([]);
      }

      for (const { pid } of running.processes) expect(host.alive(pid), `pid ${pid} still runs`).toBe(false);
      expect(await host.list(directory)).toEqual([]);
      expect(
        await eventually(host, async () => (await stillLoaded(host, programs)).length === 0),
        `of the BPF programs ${programs.join(", ")} some are still loaded`,
      ).toBe(true);
      if (auditBefore !== undefined) {
        await eventually(host, async () => known(await readAudit(host))?.pid === 0);
        expect(known(await readAudit(host))).toEqual(auditBefore);
      }
    });
  },
);
