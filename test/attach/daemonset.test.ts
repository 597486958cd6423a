/** An agent that a cluster runs, on a real node without one: real processes, control groups and BPF programs, under the names that a kubelet gives. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { daemonSet, daemonSetName, daemonSetSight } from "../../src/agents/attached/daemonset.ts";
import { findTarget } from "../../src/agents/attached/target.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { known } from "../../src/domain/units.ts";
import { createHost } from "../../src/host/host.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { agentPids, findCgroup, parseCgroupCpu } from "../../src/observe/cgroup.ts";
import { ROOT } from "../support/agent-session.ts";
import { PretendedDaemonSet } from "../support/pretended-daemonset.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(ROOT, "build/bpf/tare-sensor");
const folder = temporaryFolder();
const host = createHost({ root: ROOT, journalDirectory: join(folder, "tare/journal") });
const agents = await loadFolder<Agent>(join(ROOT, "src/agents"));

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root";
  if (!existsSync(PROGRAM)) return "the sensor is not built";
  return spawnSync("bpftool", ["prog", "show"]).status === 0 ? undefined : "bpftool is not here";
};
const reason = whyNot();

const NAME = { namespace: "kube-system", name: "edr" };

const pretended = (driver: "cgroupfs" | "systemd"): PretendedDaemonSet =>
  new PretendedDaemonSet({
    ...NAME,
    folder: join(folder, driver),
    driver,
    command: [PROGRAM, "--families=exec", "--output=-"],
    env: { EDR_VERSION: "7.1" },
  });

/** Polls as a run does. */
const eventually = async (look: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  let told: readonly string[] = [];
  await host.until(
    async () => {
      told = await look();
      return told.length === 0 ? true : undefined;
    },
    { every: 100, atMost: 20_000 },
  );
  return told;
};

describe.each(["cgroupfs", "systemd"] as const)("a DaemonSet's pod, driver %s", (driver) => {
  let pod: PretendedDaemonSet;
  beforeAll(() => {
    if (reason !== undefined) return;
    mkdirSync(join(folder, driver));
    pod = pretended(driver);
    pod.start();
  });
  afterAll(async () => {
    if (reason === undefined) await pod.stop();
  });

  test("is found without any API: what it runs, its control group, its log, its version", async (context) => {
    context.skip(reason !== undefined, reason);
    const sight = daemonSetSight(host, NAME, pod.logs);
    expect(await eventually(() => sight.lacks())).toEqual([]);
    const { service, known: product } = await findTarget(host, pod.target, agents, pod.logs);
    expect([service.title, product?.id]).toEqual(["the DaemonSet kube-system/edr", "sensor"]);
    const state = known(await service.state(host));
    expect(state).toMatchObject({
      active: true,
      activity: "on",
      hasOwnRoot: true,
      controlGroup: pod.group,
      identity: { programs: "tare-sensor" },
      obstacle: undefined,
      outputs: [{ path: pod.log, framing: "kubernetes" }],
    });
    expect(readFileSync(`/proc/${state?.mainPid}/comm`, "utf8").trim()).toBe("tare-sensor");
    expect(await service.version?.(host)).toEqual({ kind: "value", value: "7.1" });

    const cgroup = await findCgroup(host, state?.controlGroup ?? "");
    expect(new Set(await agentPids(host, cgroup, []))).toEqual(new Set(pod.pids()));
    expect(parseCgroupCpu(readFileSync(cgroup.cpuFile ?? "", "utf8"))).toBeGreaterThan(0);
  });

  test("is off when nothing of it is left, and on again as another pod", async (context) => {
    context.skip(reason !== undefined, reason);
    const sight = daemonSetSight(host, NAME, pod.logs);
    expect(await eventually(() => sight.lacks())).toEqual([]);
    const { uid } = pod;
    await sight.note();
    expect(await sight.remains()).toEqual([
      expect.stringMatching(/^2 processes of the pod edr-[0-9a-f]{5} \(pause, tare-sensor\)$/),
    ]);
    await pod.stop();
    expect(await eventually(() => sight.remains())).toEqual([]);
    expect(await sight.lacks()).toEqual(["off: no process of it is on this node"]);
    pod.start();
    expect(await eventually(() => sight.lacks())).toEqual([]);
    expect(pod.uid).not.toBe(uid);
  });
});

describe("a DaemonSet's pod that is gone", () => {
  let pod: PretendedDaemonSet;
  const bpffs = join(folder, "bpffs");
  beforeAll(() => {
    if (reason !== undefined) return;
    mkdirSync(bpffs);
    execFileSync("mount", ["-t", "bpf", "bpffs", bpffs]);
    mkdirSync(join(folder, "gone"));
    pod = new PretendedDaemonSet({
      ...NAME,
      folder: join(folder, "gone"),
      driver: "cgroupfs",
      command: [PROGRAM, "--families=exec", "--output=-"],
    });
  });
  afterAll(async () => {
    if (reason !== undefined) return;
    await pod.stop();
    execFileSync("umount", [bpffs]);
  });

  interface Link {
    readonly id: number;
    readonly pids?: readonly { readonly pid: number }[];
  }
  const linksOf = (pids: readonly number[]): readonly number[] => {
    const all = JSON.parse(
      execFileSync("bpftool", ["-j", "link", "show"], { encoding: "utf8" }),
    ) as readonly Link[];
    const held = pids.flatMap((pid) =>
      spawnSync("sh", ["-c", `cat /proc/${pid}/fdinfo/* 2>/dev/null`], { encoding: "utf8" })
        .stdout.split("\n")
        .flatMap((line) => /^link_id:\s+(\d+)$/.exec(line)?.[1] ?? []),
    );
    return all.map(({ id }) => id).filter((id) => held.includes(String(id)));
  };

  test("and has left a pinned link is not off, and the link is named with its place", async (context) => {
    context.skip(reason !== undefined, reason);
    const sight = daemonSetSight(host, NAME, pod.logs);
    pod.start();
    await expect.poll(() => linksOf(pod.pids()).length).toBeGreaterThan(0);
    await sight.note();
    const [link] = linksOf(pod.pids());
    const pin = join(bpffs, "kept");
    execFileSync("bpftool", ["link", "pin", "id", String(link), pin]);
    await pod.stop();
    await expect
      .poll(() => sight.remains())
      .toEqual([
        expect.stringMatching(/^BPF program \d+ \(.+\)$/),
        expect.stringContaining(`BPF link ${link} (`),
      ]);
    expect((await sight.remains()).at(-1)).toContain(`, pinned at ${pin}`);
    execFileSync("rm", [pin]);
    expect(await eventually(() => sight.remains())).toEqual([]);
  });

  test("but for a process that has left its parents is not off, and the process is named", async (context) => {
    context.skip(reason !== undefined, reason);
    mkdirSync(join(folder, "escaped"));
    const escaping = new PretendedDaemonSet({
      ...NAME,
      folder: join(folder, "escaped"),
      driver: "cgroupfs",
      command: ["sh", "-c", "setsid sleep 1000 & exec sleep 1000"],
    });
    escaping.start();
    const sight = daemonSetSight(host, NAME, escaping.logs);
    try {
      await expect
        .poll(() => sight.remains())
        .toEqual([expect.stringMatching(/^3 processes .*\(pause, sleep\)$/)]);
      const [last = 0] = escaping.pids().toSorted((a, b) => b - a);
      for (const pid of escaping.pids()) if (pid !== last) process.kill(pid, "SIGKILL");
      await expect
        .poll(() => sight.remains())
        .toEqual([expect.stringMatching(/^1 process of the pod edr-.* \(sleep\)$/)]);
    } finally {
      await escaping.stop();
    }
    expect(await sight.remains()).toEqual([]);
  });

  test("or never was here is refused, with where to look", async () => {
    const state = known(await daemonSet(NAME, undefined, join(folder, "nowhere")).state(host));
    expect(state).toMatchObject({
      active: false,
      obstacle: {
        reason: expect.stringContaining(
          "no pod of the DaemonSet kube-system/edr runs on this node",
        ) as string,
      },
    });
  });
});

test("no kernel lists BPF programs without CAP_SYS_ADMIN, so that nobody could tell whether an agent is off", (context) => {
  context.skip(reason !== undefined, reason);
  const without = spawnSync("setpriv", ["--bounding-set=-sys_admin", "bpftool", "prog", "show"], {
    encoding: "utf8",
  });
  expect(without.status).not.toBe(0);
  expect(without.stderr + without.stdout).toContain("Operation not permitted");
});

test.each(["kube-system", "kube-system/", "/x", "a/b/c", "Kube/x", "a/-b", "a/b_c"])(
  "no DaemonSet can be called %s",
  (text) => {
    expect(daemonSetName(text)).toBeUndefined();
  },
);
