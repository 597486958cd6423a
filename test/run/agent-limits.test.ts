/** What a run lets an agent take of the node, held to by the kernel: real processes in the cgroups that a turn makes. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MAX_AGENT_TASKS, MAX_MEMORY_SHARE } from "../../src/domain/bounds.ts";
import type { EffectScope, Host, HostProcess } from "../../src/domain/host.ts";
import { value } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import {
  type AgentCgroup,
  agentPids,
  createAgentCgroup,
  parseCgroupMounts,
} from "../../src/observe/cgroup.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const MEBIBYTE = 2 ** 20;
/** More than a shell takes, and soon used up. */
const MEMORY_BYTES = 64 * MEBIBYTE;

/** Whether an agent's cgroup could be limited so: by a hierarchy of version 1, or by version 2 where that accounts the agent at all. */
const has = (controller: "memory" | "pids"): boolean => {
  if (process.getuid?.() !== 0) return false;
  const mounts = parseCgroupMounts(readFileSync("/proc/self/mounts", "utf8"));
  const writable = mounts.filter(({ options }) => !options.includes("ro"));
  if (writable.some(({ options }) => options.includes("cpuacct")))
    return writable.some(({ options }) => options.includes(controller));
  return writable.some(
    ({ type, point }) =>
      type === "cgroup2" &&
      readFileSync(`${point}/cgroup.subtree_control`, "utf8").split(/\s+/).includes(controller),
  );
};

interface Limited {
  readonly host: Host;
  readonly scope: EffectScope;
  readonly cgroup: AgentCgroup;
  readonly place: string;
  readonly start: (script: string) => Promise<HostProcess>;
}

const inLimits = async (
  name: string,
  memoryBytes: number | undefined,
  work: (limited: Limited) => Promise<void>,
): Promise<void> => {
  const place = join(folder, name);
  mkdirSync(place);
  const real = createHost({ root: ROOT, journalDirectory: join(place, "tare/journal") });
  const host: Host = {
    ...real,
    readText: async (path) =>
      path === "/proc/meminfo" && memoryBytes !== undefined
        ? value(`MemTotal: ${memoryBytes / MAX_MEMORY_SHARE / 1024} kB\n`)
        : await real.readText(path),
  };
  const scope = host.effects.scope("turn");
  try {
    const cgroup = await createAgentCgroup(host, scope, `tare-${process.pid}-${name}`);
    const start = (script: string): Promise<HostProcess> =>
      scope.start(
        {
          command: "sh",
          args: ["-c", script, "sh", place],
          stdout: join(place, "out"),
          stderr: join(place, "err"),
          cgroup: cgroup.folders,
        },
        { signals: ["SIGTERM"], graceMs: 2000 },
      );
    await work({ host, scope, cgroup, place, start });
    expect(await scope.undo()).toEqual([]);
    expect(cgroup.folders.filter((made) => existsSync(made))).toEqual([]);
  } finally {
    await scope.undo();
  }
};

describe("an agent", () => {
  test.runIf(has("memory"))("that grows beyond its share of the node's memory is ended by the kernel", () =>
    inLimits("memory", MEMORY_BYTES, async ({ start, cgroup }) => {
      const holding = (bytes: number) => `head -c ${bytes} /dev/zero | tail -c ${bytes} >/dev/null`;
      const within = await start(holding(MEMORY_BYTES / 4));
      expect(await within.exited).toEqual({ code: 0, signal: null });
      const beyond = await start(holding(MEMORY_BYTES * 4));
      // As a shell tells of a SIGKILL.
      expect(await beyond.exited).toEqual({ code: 137, signal: null });
      const peak = Number(readFileSync(cgroup.peakFile ?? "", "utf8"));
      expect(peak).toBeGreaterThan(MEMORY_BYTES / 4);
      expect(peak).toBeLessThanOrEqual(MEMORY_BYTES);
    }),
  );

  test.runIf(has("pids"))(
    "that starts process after process is refused more, and all of them are stopped",
    (context) =>
      inLimits("tasks", undefined, async ({ host, cgroup, place, start }) => {
        const forks = await start(
          `trap 'echo "$n" > "$1/forked"' EXIT; n=0; while :; do sleep 1000 & n=$((n + 1)); done`,
        );
        expect(await forks.exited).toEqual({ code: 2, signal: null });
        expect(readFileSync(join(place, "err"), "utf8")).toMatch(/fork/i);
        const pids = cgroup.folders.find((made) => existsSync(`${made}/pids.events`)) ?? "";
        const refused = /^max (\d+)$/m.exec(readFileSync(`${pids}/pids.events`, "utf8"))?.[1];
        if (refused === "0") context.skip("this node allows fewer processes than an agent may have");
        // One of them was the shell.
        expect(Number(readFileSync(join(place, "forked"), "utf8"))).toBe(MAX_AGENT_TASKS - 1);
        expect(await agentPids(host, cgroup, [])).toHaveLength(MAX_AGENT_TASKS - 1);
      }),
  );
});
