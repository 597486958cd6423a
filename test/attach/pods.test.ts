/** Pods as their node shows them, in all the ways in which runtimes and drivers write them. */
import { describe, expect, test } from "vitest";
import { daemonSet, daemonSetSight } from "../../src/agents/attached/daemonset.ts";
import {
  firstProcesses,
  groupBelowMount,
  isBeingMade,
  ownGroup,
  placeOf,
  podOfFolder,
  podProcesses,
  podsOf,
  processesOf,
} from "../../src/agents/attached/pods.ts";
import { FakeHost } from "../support/fake-host.ts";

const UID = "0e7f1d7c-3a5b-4b6e-9a53-0123456789ab";
const UNDERSCORED = UID.replaceAll("-", "_");
const PLAIN = UID.replaceAll("-", "");
const ID = "4f1c".repeat(16);

/** By who makes it: the pod's own group and a container's below it. */
const GROUPS = [
  ["cgroupfs, burstable", `/kubepods/burstable/pod${UID}`, ID],
  ["cgroupfs, guaranteed", `/kubepods/pod${UID}`, ID],
  ["cgroupfs, CRI-O", `/kubepods/besteffort/pod${UID}`, `crio-${ID}`],
  [
    "systemd, burstable",
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice`,
    `cri-containerd-${ID}.scope`,
  ],
  ["systemd, guaranteed", `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice`, `crio-${ID}.scope`],
  [
    "systemd, in a container as kind has it",
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${UNDERSCORED}.slice`,
    `cri-containerd-${ID}.scope`,
  ],
  ["nested below a container's", `/system.slice/docker-${ID}.scope/kubelet/kubepods/burstable/pod${UID}`, ID],
  [
    "told from a namespace of control groups",
    `/../../../kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice`,
    `cri-containerd-${ID}.scope`,
  ],
] as const;

describe("a control group of a pod", () => {
  test.each(GROUPS)("%s is known by the pod's uid", (_, group, container) => {
    const place = { uid: PLAIN, group, container };
    expect(placeOf(`0::${group}/${container}\n`)).toMatchObject(place);
    expect(placeOf(`9:pids:/\n4:cpu,cpuacct:${group}/${container}\n0::/\n`)).toMatchObject(place);
    expect(placeOf(`0::${group}/${container}/inner/init.scope (deleted)\n`)).toMatchObject(place);
    expect(placeOf(`0::${group}\n`)).toMatchObject({ ...place, container: "" });
  });

  test("is that of the hierarchy that counts CPU time where others say otherwise", () => {
    const text = `8:memory:/other/pod${UID}/a\n2:cpuacct:/kubepods/pod${UID}/b\n0::/\n`;
    expect(placeOf(text)).toMatchObject({ group: `/kubepods/pod${UID}`, container: "b" });
  });

  test.each([
    "0::/\n",
    "",
    "0::/system.slice/podman.service\n",
    "0::/user.slice/user-0.slice/pod-of-mine.scope\n",
    `0::/kubepods.slice/kubepods-burstable.slice\n`,
    `0::/machine.slice/libpod-${ID}.scope\n`,
  ])("%j is none", (text) => {
    expect(placeOf(text)).toBeUndefined();
  });

  test.each([
    [`pod${UID}`, PLAIN],
    [`kubepods-burstable-pod${UNDERSCORED}.slice`, PLAIN],
    ["poddeadbeefdeadbeefdeadbeefdeadbeef", "deadbeef".repeat(4)],
    ["pod.slice", undefined],
    [`libpod-${ID}.scope`, undefined],
    [`pod${UID}-extra`, undefined],
  ])("%s stands for %s", (folder, uid) => {
    expect(podOfFolder(folder)).toBe(uid);
  });
});

describe("the pods of a DaemonSet", () => {
  const LOGS = "/var/log/pods";
  const names = async (daemonSet: string, ...folders: readonly string[]): Promise<readonly string[]> => {
    const files = Object.fromEntries(folders.map((folder) => [`${LOGS}/${folder}/agent/0.log`, ""]));
    const [namespace = "", name = ""] = daemonSet.split("/");
    return (await podsOf(new FakeHost({ files }), LOGS, { namespace, name })).map((pod) => pod.name);
  };

  test("are those of its name and namespace, and of no other controller's", async () => {
    const own = [`kube-system_tetragon-x7k2p_${UID}`, "kube-system_tetragon-9zzzz_u2"];
    const others = [
      "kube-system_tetragon-operator-6d4cf56db6-x7k2p_u3",
      "kube-system_tetragon-operator-x7k2p_u4",
      "default_tetragon-x7k2p_u5",
      "kube-system_tetragon-node-1_u6",
      "kube-system_tetragonx7k2p_u7",
      "kube-system_tetragon-X7k2p_u8",
      "tetragon-x7k2p",
    ];
    expect(await names("kube-system/tetragon", ...own, ...others)).toEqual([
      "tetragon-9zzzz",
      "tetragon-x7k2p",
    ]);
  });

  test("have names cut as the API server cuts them", async () => {
    const long = "a-very-long-name-of-a-daemon-set-that-somebody-thought-was-good";
    const pod = `${`${long}-`.slice(0, 58)}x7k2p`;
    expect(await names(`agents/${long}`, `agents_${pod}_${UID}`)).toEqual([pod]);
  });
});

/** `/proc/PID/stat`: its fourth field from the state on is not looked at. */
const stat = (pid: number, comm: string, state: string, started: number): string =>
  `${pid} (${comm}) ${state} 1 ${Array.from({ length: 17 }, () => "0").join(" ")} ${started} 0\n`;

describe("the processes of a pod", () => {
  const group = `/kubepods/burstable/pod${UID}`;
  const process = (
    pid: number,
    {
      comm,
      container,
      started,
      state = "S",
    }: { comm: string; container: string; started: number; state?: string },
  ): Record<string, string> => ({
    [`/proc/${pid}/cgroup`]: `0::${group}${container === "" ? "" : `/${container}`}\n`,
    [`/proc/${pid}/stat`]: stat(pid, comm, state, started),
  });
  const host = new FakeHost({
    files: {
      ...process(10, { comm: "pause", container: "sandbox", started: 100 }),
      ...process(30, { comm: "tetragon", container: "agent", started: 200 }),
      ...process(31, { comm: "helper (1) x", container: "agent", started: 210 }),
      ...process(20, { comm: "sh", container: "agent", started: 900 }),
      ...process(40, { comm: "export", container: "stdout", started: 205 }),
      ...process(50, { comm: "dead", container: "agent", started: 201, state: "Z" }),
      "/proc/99/cgroup": "0::/system.slice/ssh.service\n",
      "/proc/99/stat": stat(99, "sshd", "S", 5),
    },
  });

  test("are all that are in its groups, but for what has ended", async () => {
    const own = processesOf(await podProcesses(host), { uid: UID });
    expect(new Set(own.map(({ pid }) => pid))).toEqual(new Set([10, 20, 30, 31, 40]));
  });

  test("have one for each container that began it, without the sandbox's; a probe is none", async () => {
    const own = processesOf(await podProcesses(host), { uid: UID });
    expect(firstProcesses(own).map(({ pid, comm }) => [pid, comm])).toEqual([
      [30, "tetragon"],
      [40, "export"],
    ]);
    expect(isBeingMade(own)).toBe(false);
  });

  // As seen on a node with a slow CPU: for a minute, the agent was its runtime's "runc init".
  describe.each(["runc:[2:INIT]", "runc:[1:CHILD]", "runc", "exe", "7", "crun"])(
    "in a container that its runtime still makes, as %s",
    (comm) => {
      const name = { namespace: "kube-system", name: "tetragon" };
      const slow = new FakeHost({
        files: {
          [`/var/log/pods/kube-system_tetragon-x7k2p_${UID}/agent/0.log`]: "",
          ...process(10, { comm: "pause", container: "sandbox", started: 100 }),
          ...process(30, { comm, container: "agent", started: 200 }),
        },
      });

      test("are the runtime's and not the agent's, so that it is not on", async () => {
        const own = processesOf(await podProcesses(slow), { uid: UID });
        expect([firstProcesses(own), isBeingMade(own)]).toEqual([[], true]);
        expect(await daemonSetSight(slow, name).lacks()).toEqual([
          "starting: none of its containers runs yet",
        ]);
      });

      test("keep it from being off all the same", async () => {
        expect(await daemonSetSight(slow, name).remains()).toEqual([
          `2 processes of the pod tetragon-x7k2p (pause, ${comm})`,
        ]);
      });

      test("leave it starting beside a container that runs already", async () => {
        const half = new FakeHost({
          files: {
            [`/var/log/pods/kube-system_tetragon-x7k2p_${UID}/agent/0.log`]: "",
            ...process(30, { comm: "tetragon", container: "agent", started: 200 }),
            ...process(40, { comm, container: "export", started: 300 }),
          },
        });
        const starting = "starting: one of its containers is still being made";
        expect(await daemonSetSight(half, name).lacks()).toEqual([starting]);
        const state = await daemonSet(name).state(half);
        expect(state).toMatchObject({ value: { active: false, activity: starting } });
      });
    },
  );
});

describe("an agent that is on again", () => {
  const folder = `/var/log/pods/kube-system_tetragon-x7k2p_${UID}/agent/0.log`;
  const name = { namespace: "kube-system", name: "tetragon" };
  const holding = (pid: number, programs: readonly number[]): Record<string, string> => ({
    [folder]: "",
    [`/proc/${pid}/cgroup`]: `0::/kubepods/pod${UID}/agent\n`,
    [`/proc/${pid}/stat`]: stat(pid, "tetragon", "S", pid),
    ...Object.fromEntries(programs.map((id, fd) => [`/proc/${pid}/fdinfo/${fd}`, `prog_id:\t${id}\n`])),
  });

  test("has loaded as many programs as it had, or has had time for them", async () => {
    const host = new FakeHost({ files: holding(30, [1, 2, 3]) });
    const sight = daemonSetSight(host, name);
    await sight.note();
    const become = (files: Readonly<Record<string, string>>): void => {
      host.files.clear();
      for (const [path, text] of Object.entries(files)) host.files.set(path, text);
    };
    become(holding(40, [7]));
    const lacking = ["starting: it has loaded 1 of the 3 BPF programs that it had"];
    expect(await sight.lacks()).toEqual(lacking);
    await host.sleep(119_000);
    expect(await sight.lacks()).toEqual(lacking);
    become(holding(40, [7, 8, 9]));
    expect(await sight.lacks()).toEqual([]);
    become(holding(40, [7]));
    await host.sleep(2000);
    expect(await sight.lacks()).toEqual([]);
  });
});

describe("where a control group is below the mount point", () => {
  const SLICE = `kubepods-burstable-pod${UNDERSCORED}.slice`;
  const real = `/kubepods.slice/kubepods-burstable.slice/${SLICE}`;
  const files = {
    "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0\n",
    [`/sys/fs/cgroup${real}/cgroup.procs`]: "",
    [`/sys/fs/cgroup${real}/cri-containerd-${ID}.scope/cgroup.procs`]: "77\n",
    "/sys/fs/cgroup/system.slice/ssh.service/cgroup.procs": "1\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu\n",
  };

  test("is as /proc tells it on the node itself", async () => {
    expect(await groupBelowMount(new FakeHost({ files }), { uid: UID }, real)).toBe(real);
  });

  test("is searched for where /proc tells it from a namespace of control groups", async () => {
    expect(await groupBelowMount(new FakeHost({ files }), { uid: UID }, `/../../${SLICE}`)).toBe(real);
  });

  test("is found in the hierarchy that counts CPU time, with version 1", async () => {
    const v1 = {
      "/proc/self/mounts":
        "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n",
      [`/sys/fs/cgroup/cpu,cpuacct/kubepods/pod${UID}/cgroup.procs`]: "",
    };
    const host = new FakeHost({ files: v1 });
    expect(await groupBelowMount(host, { uid: UID }, `/../pod${UID}`)).toBe(`/kubepods/pod${UID}`);
  });

  test("stays as it was told where nothing is mounted", async () => {
    expect(await groupBelowMount(new FakeHost(), { uid: UID }, real)).toBe(real);
  });

  test("of this process is found in the same way", async () => {
    const own = `${real}/cri-containerd-${ID}.scope`;
    const told = (path: string): FakeHost =>
      new FakeHost({ files: { ...files, "/proc/self/cgroup": `0::${path}\n` } });
    expect(await ownGroup(told(own), 77)).toBe(own);
    expect(await ownGroup(told("/"), 77)).toBe(own);
    expect(await ownGroup(told("/"), 78)).toBe("");
  });
});
