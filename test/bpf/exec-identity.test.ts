/** Who executed, where, in which directory, namespaces and container: beside what the kernel itself shows of the process. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { forEachHook, observing } from "./observing.ts";
import { eventsOf, TRIGGER } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const { observed, output } = observing();
const folder = temporaryFolder();

/** Runs a shell script that ends in the trigger's exec, and returns the trigger's words. */
const script = (text: string, cwd = folder): Truth => {
  const ran = spawnSync("sh", ["-c", text], { encoding: "utf8", cwd });
  if (ran.status !== 0) throw new Error(`${text}: ${ran.stderr}`);
  return JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "") as Truth;
};
const execOf = (truth: Truth): Json | undefined =>
  eventsOf(output(), "exec", truth.pid).findLast((event) => event["path"] === TRIGGER);

/** Nanoseconds since boot of a process's start, in ticks of 10 ms: field 22 of /proc/PID/stat. */
const startTicks = (stat: string): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
const TICK_NS = 10_000_000;

const NAMESPACES = { mnt: "mnt", net: "net", pid: "pid", user: "user" } as const;
const namespacesOf = (process: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(NAMESPACES).map(([key, name]) => [
      key,
      Number(/\d+/.exec(readlinkSync(`/proc/${process}/ns/${name}`))?.[0]),
    ]),
  );

forEachHook("exec", (hook) => {
  test("the same ids and namespaces as its parent, no container, no login", async () => {
    const truth = await observed(hook, () => script(`exec '${TRIGGER}' identity`));
    const loginuid = Number(readFileSync("/proc/self/loginuid", "utf8"));
    expect(execOf(truth)).toMatchObject({
      cwd: folder,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      euid: process.geteuid?.(),
      egid: process.getegid?.(),
      auid: loginuid === 0xffff_ffff ? null : loginuid,
      namespaces: namespacesOf("self"),
    });
  });

  test("the start of process and parent, as /proc has them", async () => {
    const [truth, stat] = await observed(hook, () => {
      const text = spawnSync("sh", ["-c", `cat /proc/$$/stat; exec '${TRIGGER}' identity`], {
        encoding: "utf8",
      });
      const [before = "", said = ""] = text.stdout.split("\n");
      return [JSON.parse(said) as Truth, before] as const;
    });
    const event = execOf(truth);
    expect(Math.floor(Number(event?.["start"]) / TICK_NS)).toBe(startTicks(stat));
    const mine = startTicks(readFileSync("/proc/self/stat", "utf8"));
    expect(Math.floor(Number(event?.["parentStart"]) / TICK_NS)).toBe(mine);
  });

  test("a process that gets the pid of an earlier one differs by its start", async () => {
    const starts = await observed(hook, () => [1, 2].map(() => script(`exec '${TRIGGER}' identity`)));
    const [first, second] = starts.map((truth) => execOf(truth)?.["start"]);
    expect(first).not.toBe(second);
  });

  test("a set-user-ID program shows its effective user", async (context) => {
    const program = join(folder, `setuid-${hook.hook.replaceAll("/", "-")}`);
    copyFileSync(TRIGGER, program);
    chmodSync(program, 0o4755);
    chmodSync(folder, 0o755);
    const ran = await observed(hook, () =>
      spawnSync(program, ["identity"], { uid: 65534, gid: 65534, encoding: "utf8" }),
    );
    context.skip(ran.status !== 0, `nobody may not run programs in ${folder}`);
    const truth = JSON.parse(ran.stdout) as Truth;
    const [event] = eventsOf(output(), "exec", truth.pid);
    expect(event).toMatchObject({ uid: 65534, euid: 0, gid: 65534, egid: 65534 });
  });

  describe("the working directory", () => {
    test.each([
      ["the root", "cd /", "/"],
      ["across a mount point", "cd /proc/sys/kernel", "/proc/sys/kernel"],
      ["with characters that JSON escapes", `mkdir -p 'a "b'; cd 'a "b'`, `${folder}/a "b`],
    ])("%s", async (_, to, expected) => {
      const truth = await observed(hook, () => script(`${to} && exec '${TRIGGER}' identity`));
      expect(execOf(truth)?.["cwd"]).toBe(expected);
    });

    test("31 levels down is whole, 50 levels down is null and not cut", async () => {
      const base = folder.split("/").length - 1;
      const levels = (count: number): string => Array.from({ length: count - base }, () => "d").join("/");
      const [fits, deep] = await observed(hook, () =>
        [31, 50].map((count) =>
          script(`mkdir -p ${levels(count)}; cd ${levels(count)}; exec '${TRIGGER}' identity`),
        ),
      );
      if (fits === undefined || deep === undefined) throw new Error("both ran");
      expect(execOf(fits)?.["cwd"]).toBe(`${folder}/${levels(31)}`);
      expect(execOf(deep)?.["cwd"]).toBeNull();
    });

    test("inside a root of its own", async (context) => {
      const inside = join(folder, `root-${hook.hook.replaceAll("/", "-")}`);
      mkdirSync(join(inside, "here"), { recursive: true });
      const mounts = `mkdir -p '${inside}'/usr '${inside}'/build && mount --bind /usr '${inside}/usr' && for f in bin lib lib64; do [ -e /$f ] && ln -sf usr/$f '${inside}'/$f; done; mount --bind "$(dirname '${TRIGGER}')" '${inside}/build'`;
      const ran = await observed(hook, () =>
        spawnSync(
          "unshare",
          [
            "-m",
            "--propagation",
            "private",
            "sh",
            "-c",
            `${mounts}; exec chroot '${inside}' sh -c 'cd /here; exec /build/bpf-trigger identity'`,
          ],
          { encoding: "utf8" },
        ),
      );
      context.skip(ran.status !== 0, `no root of its own can be made here: ${ran.stderr}`);
      const truth = JSON.parse(ran.stdout) as Truth;
      expect(eventsOf(output(), "exec", truth.pid).at(-1)).toMatchObject({
        cwd: "/here",
        path: "/build/bpf-trigger",
      });
    });
  });

  test("namespaces of its own", async () => {
    const [truth, links] = await observed(hook, () => {
      const inside = `readlink /proc/self/ns/mnt /proc/self/ns/net | tr '\\n' ' '; echo; exec '${TRIGGER}' identity`;
      const ran = spawnSync("unshare", ["-m", "-n", "sh", "-c", inside], { encoding: "utf8" });
      const [shown = "", said = ""] = ran.stdout.split("\n");
      return [JSON.parse(said) as Truth, shown] as const;
    });
    const [mnt, net] = [...links.matchAll(/\d+/g)].map(Number);
    const mine = namespacesOf("self");
    expect(execOf(truth)?.["namespaces"]).toEqual({ mnt, net, pid: mine["pid"], user: mine["user"] });
    expect([mnt, net]).not.toEqual([mine["mnt"], mine["net"]]);
  });

  test("a PID namespace of its own, which the parent is not yet in", async () => {
    const truth = await observed(hook, () => {
      const ran = spawnSync("unshare", ["-p", "--fork", TRIGGER, "identity"], { encoding: "utf8" });
      return JSON.parse(ran.stdout) as Truth;
    });
    expect(truth.pid).toBe(1);
    const events = readFileSync(output(), "utf8")
      .split("\n")
      .filter((line) => line.includes(`"path":"${TRIGGER}"`))
      .map((line) => JSON.parse(line) as { namespaces: Record<string, number>; pid: number });
    expect(events).toHaveLength(1);
    expect(events[0]?.pid).not.toBe(1);
    expect(events[0]?.namespaces["pid"]).not.toBe(namespacesOf("self")["pid"]);
  });

  const ID = "0123456789abcdef".repeat(4);
  test.each([
    [ID, ID],
    [`docker-${ID}.scope`, ID],
    [`cri-containerd-${ID}.scope`, ID],
    [`${ID}f`, null],
    ["session-1.scope", null],
  ])("in the cgroup %s", async (name, expected) => {
    const hierarchy =
      /^cgroup2? (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1] ?? "/sys/fs/cgroup";
    const cgroup = join(hierarchy, name);
    mkdirSync(cgroup);
    try {
      const truth = await observed(hook, () =>
        script(`echo $$ > '${cgroup}/cgroup.procs'; exec '${TRIGGER}' identity`),
      );
      expect(execOf(truth)?.["container"]).toBe(expected);
      expect(execOf(truth)?.["cgroup"]).toBeGreaterThan(1);
    } finally {
      rmdirSync(cgroup);
    }
  });
});
