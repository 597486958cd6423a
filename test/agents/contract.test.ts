/**
 * What every agent promises, whatever the folder holds, and custom agents with it: those of docs/examples, and those of the files that
 * TARE_AGENT_FILES names, separated by commas. The second half runs each agent that this node has on the real
 * kernel, with the real workloads; what cannot run here is skipped and says why.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent, RunningAgent } from "../../src/domain/agent.ts";
import { blindSpotsOf } from "../../src/domain/claim.ts";
import type { Host } from "../../src/domain/host.ts";
import { known } from "../../src/domain/units.ts";
import { loadAgentFiles } from "../../src/session/agent-files.ts";
import { readText } from "../../src/host/files.ts";
import { createHost } from "../../src/host/host.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { type AuditState, readAudit } from "../../src/observe/node-state.ts";
import { gapIn } from "../../src/run/coverage.ts";
import { ROOT, filesOn, whyNot, withAgent, workloadOf } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const FOLDER = join(ROOT, "src/agents");
const inFolder = await loadFolder<Agent>(FOLDER);
const EXAMPLES = join(ROOT, "docs/examples");
const ownFiles = (process.env["TARE_AGENT_FILES"] ?? "").split(",").filter((file) => file !== "");
const exampleFiles = readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"));
const custom = await loadAgentFiles(
  { readText },
  [...exampleFiles.map((name) => join(EXAMPLES, name)), ...ownFiles],
  inFolder,
);
const agents = [...inFolder.values(), ...custom];
/** The harness proves itself by these; test/agents/calibration.test.ts runs them. */
const calibrating = agents.filter(({ role }) => role === "calibration");
const sensors = agents.filter(({ role }) => role === "sensor");
const fileOf = (id: string): string => id.split("@")[0] ?? id;

/** As shipped they tell of none of the workloads' operations. */
const SILENT: ReadonlySet<string> = new Set(["auditd@shipped", "osquery@shipped", "tracee@shipped"]);

describe.each(agents.map((agent) => [agent.id, agent] as const))("%s", (id, agent) => {
  test("has a complete data sheet", () => {
    expect(agent.title).not.toBe("");
    expect(blindSpotsOf(agent.coverage).length).toBeGreaterThan(0);
    expect(new Set(agent.observes).size).toBe(agent.observes.length);
    expect(agent.homepage).toMatch(agent.packages.length > 0 ? /^https:\/\// : /^$|^https:/);
    // What auditd's package configures observes nothing of what the workloads do.
    // A known cost names the families that it acts on, and has no events that it could drop.
    const hasEvents = agent.observes.length > 0 && agent.overload !== "none";
    const isSilent = SILENT.has(agent.id);
    expect(hasEvents).toBe(
      (sensors.includes(agent) && !isSilent) || /^calibration-(?:loss|rate)@/.test(agent.id),
    );
  });
});

describe.each([...inFolder.keys()])("the file of %s", (id) => {
  test("has the agent's name and exports its data sheet, nothing else", async () => {
    expect(readdirSync(FOLDER).map((name) => basename(name, ".ts"))).toContain(fileOf(id));
    const module = (await import(join(FOLDER, `${fileOf(id)}.ts`))) as object;
    expect(Object.keys(module)).toEqual(["default"]);
  });
});

describe.each(sensors.map((agent) => [agent.id, agent] as const))(
  "%s on a node that lacks it",
  (id, agent) => {
    test("says what is missing and what to do, and touches nothing", async () => {
      const host = new FakeHost();
      expect(await agent.probe(host)).toEqual({
        kind: "unavailable",
        reason: expect.stringMatching(/\w/) as string,
        hint: expect.stringContaining(
          custom.includes(agent) ? "install it" : `tare agents install ${fileOf(id)}`,
        ) as string,
      });
      expect(host.done.filter((step) => !step.startsWith("run "))).toEqual([]);
    });

    test("asks for root, whatever is installed", async () => {
      const everything = new Proxy<Record<string, string>>(
        {},
        { get: (_, name) => `/usr/bin/${String(name)}` },
      );
      const files = { "/tare/build/bpf/tare-sensor": "" };
      const probe = await agent.probe(new FakeHost({ uid: 1000, programs: everything, files }));
      expect(probe).toMatchObject({ kind: "unavailable", hint: expect.stringMatching(/root/) as string });
    });
  },
);

/** Starting nothing is possible anywhere. */
const programs = calibrating.filter((agent) => agent.id !== "calibration-nothing");

describe.each(programs.map((agent) => [agent.id, agent] as const))(
  "%s on a node that lacks it",
  (_, agent) => {
    test("says that it is not built and how to build it, and touches nothing", async () => {
      const host = new FakeHost();
      expect(await agent.probe(host)).toEqual({
        kind: "unavailable",
        reason: expect.stringMatching(/not built/) as string,
        hint: expect.stringContaining("setup.sh build") as string,
      });
      expect(host.done).toEqual([]);
    });

    test.each([
      ["root", { uid: 1000 }, /root/],
      ["BTF", { uid: 0 }, /CONFIG_DEBUG_INFO_BTF/],
    ])("asks for %s", async (_, { uid }, hint) => {
      const built = [
        "tare-sensor",
        ...["dose", "discard", "hold", "serve"].map((name) => `calibration/tare-${name}`),
      ];
      const files = Object.fromEntries(built.map((name) => [`/tare/build/bpf/${name}`, ""]));
      expect(await agent.probe(new FakeHost({ uid, files }))).toMatchObject({
        kind: "unavailable",
        hint: expect.stringMatching(hint) as string,
      });
    });
  },
);

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

/** Undefined where audit cannot be read at all. */
const auditOf = async (host: Host): Promise<AuditState | undefined> => known(await readAudit(host));

/** Enough for every batch of output to be flushed more than once, little enough that nothing overflows. */
const OPERATIONS = 200;

describe.each(sensors.map((agent) => [agent.id, agent] as const))("%s on this node", (id, agent) => {
  const folder = temporaryFolder();

  test("sees a sentinel, delivers a small trial, declares the rest, and leaves nothing", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, agent);
    ctx.skip(obstacle !== undefined, obstacle);
    const auditBefore = await auditOf(host);

    const { result, running, problems } = await withAgent(host, agent, folder, async (session) => {
      const programs = await programsOf(host, session.running);
      for (const family of agent.observes) {
        const gap = gapIn(agent, workloadOf(family), filesOn(folder));
        if (agent.uncounted?.includes(family) === true) {
          await session.work(family, OPERATIONS);
          console.info(`${id}, ${family}: it hands out nothing that could be counted`);
          continue;
        }
        if (gap?.extent === "all") {
          await session.work(family, OPERATIONS);
          console.info(`${id}, ${family}: not observed by design: ${gap.why}`);
          continue;
        }
        const { operations, delivered, duplicates, declared, techniques } = await session.trial(
          family,
          OPERATIONS,
        );
        const notes = [
          ...(gap === undefined ? [] : [`by design: ${gap.why}`]),
          ...(delivered === operations ? [] : techniques.map((kind) => `${kind.delivered} of ${kind.id}`)),
        ];
        console.info(
          `${id}, ${family}: delivered ${delivered} of ${operations}, declared lost ${declared ?? "nothing countable"}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`,
        );
        expect(operations).toBe(OPERATIONS);
        // The sentinel has shown that one that sees a part sees something; of these few it may have seen none.
        expect(delivered).toBeGreaterThanOrEqual(gap === undefined ? 1 : 0);
        // One that cannot tell every operation from every other may take one for another.
        expect(gap === undefined ? duplicates : 0).toBe(0);
        // It declares the losses of the whole node, so it may declare more than is missing here. One that has no counter,
        // or says that it cannot tell every operation, cannot be held to it.
        const heldTo = gap === undefined ? (declared ?? operations) : operations;
        expect(operations - delivered).toBeLessThanOrEqual(heldTo);
      }
      return { programs };
    });

    expect(problems).toEqual([]);
    // A process that has ended is a zombie until its parent, which is this one, gets round to it.
    for (const { pid } of running.processes)
      await expect.poll(() => host.alive(pid), { message: `pid ${pid} still runs` }).toBe(false);
    expect(await host.list(`${folder}/agent`)).toEqual([]);
    // The kernel frees programs and moves audit's owner a moment after the process that held them.
    await expect.poll(() => stillLoaded(host, result.programs)).toEqual([]);
    await expect.poll(() => auditOf(host)).toEqual(auditBefore);
  });
});
