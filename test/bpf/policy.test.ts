/** Policies at work: what the kernel drops and what it lets pass, by every hook of the families that have filters. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { forEachHook } from "./observing.ts";
import { parseLines, Sensor, trigger, TRIGGER } from "./sensor.ts";
import type { FamilyStatistics, Hook, Json } from "./sensor.ts";

const folder = temporaryFolder();

/** Runs `act` under a policy and gives the events of the trigger, those of the whole node, and the family's counters. */
const under = async (
  hook: Hook,
  policy: object,
  act: () => unknown,
): Promise<{
  readonly events: readonly Json[];
  readonly all: readonly Json[];
  readonly counts: FamilyStatistics;
}> => {
  const [file, output] = [join(folder, "policy.yaml"), join(folder, `events-${Math.random()}.jsonl`)];
  writeFileSync(file, stringify(policy));
  const args = ["--families", hook.family, "--hook", `${hook.family}=${hook.hook}`];
  const sensor = await Sensor.start([...args, "--policy", file, "--output", output]);
  try {
    await act();
    const counts = (await sensor.stop()).families[hook.family];
    if (counts === undefined) throw new Error(`no counters of ${hook.family}`);
    expect(counts.seen).toBe(counts.emitted + counts.filtered + counts.limited + counts.lost);
    const all = parseLines(readFileSync(output, "utf8"));
    return { events: all.filter(({ comm }) => comm === "bpf-trigger"), all, counts };
  } finally {
    sensor.kill();
  }
};

forEachHook("file", (hook) => {
  test("path prefixes: absolute paths are judged, a relative one is kept", async () => {
    const { events, counts } = await under(
      hook,
      { file: { paths: ["/nonexistent/wanted/", "/etc/host"] } },
      () => {
        trigger("openat", "/nonexistent/wanted/a", "0", "0");
        trigger("openat", "/nonexistent/other", "0", "0");
        trigger("openat", "/etc/hostname", "0", "0");
        trigger("openat", "relative", "0", "0");
      },
    );
    const paths = events.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["/nonexistent/wanted/a", "/etc/hostname", "relative"]));
    expect(paths).not.toContain("/nonexistent/other");
    expect(counts.filtered).toBeGreaterThan(0);
  });

  test("path prefixes: a path that leads elsewhere than it looks is kept", async () => {
    const winding = ["//etc/hostname", "/./etc/hostname", "/usr/../etc/hostname", "/etc//hostname"];
    const plain = ["/usr/.hidden", "/usr/..hidden/x", "/usr/hostname"];
    const { events } = await under(hook, { file: { paths: ["/etc/hostname"] } }, () => {
      for (const path of [...winding, ...plain]) trigger("openat", path, "0", "0");
    });
    const paths = events.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(winding));
    for (const path of plain) expect(paths).not.toContain(path);
  });

  test("path prefixes: what a longer path left on the kernel's stack is not taken for a path's end", async () => {
    const [winding, plain] = [`/nonexistent/${"long/".repeat(4)}../x`, "/nonexistent/other"];
    const { all } = await under(hook, { file: { paths: ["/etc/hostname"] } }, () => {
      // One thread, so one stack.
      for (const path of [winding, plain]) expect(() => openSync(path, "r")).toThrow("ENOENT");
    });
    const paths = all.map(({ path }) => path);
    expect(paths).toContain(winding);
    expect(paths).not.toContain(plain);
  });

  test("a user: the calls of others are dropped", async (context) => {
    // Nobody may not enter the checkout everywhere.
    const program = join(folder, "bpf-trigger");
    copyFileSync(TRIGGER, program);
    chmodSync(folder, 0o755);
    const nobody = { uid: 65534, gid: 65534 };
    context.skip(
      spawnSync(program, ["identity"], nobody).status !== 0,
      `nobody may not run programs in ${folder}`,
    );
    const { events } = await under(hook, { processes: { uids: [65534] } }, () => {
      trigger("openat", "/nonexistent/root", "0", "0");
      spawnSync(program, ["openat", "/nonexistent/nobody", "0", "0"], nobody);
    });
    const paths = events.map(({ path }) => path);
    expect(paths).toContain("/nonexistent/nobody");
    expect(paths).not.toContain("/nonexistent/root");
  });

  test("a tree: a process and its descendants, whatever lies between", async () => {
    const inside = `sh -c "'${TRIGGER}' openat /nonexistent/inside 0 0"; true`;
    const { events } = await under(hook, { processes: { trees: [process.pid] } }, () => {
      spawnSync("sh", ["-c", inside]);
      // A process that init adopts belongs to no tree but init's. It waits until its parent has ended.
      const fifo = join(folder, `adopted-${Math.random()}`);
      spawnSync("mkfifo", [fifo]);
      const adopted = `read go <'${fifo}'; '${TRIGGER}' openat /nonexistent/adopted 0 0; echo done >'${fifo}'`;
      spawnSync("sh", ["-c", `(${adopted}) & true`], { stdio: "ignore" });
      writeFileSync(fifo, "go\n");
      expect(readFileSync(fifo, "utf8")).toBe("done\n");
    });
    const paths = events.map(({ path }) => path);
    expect(paths).toContain("/nonexistent/inside");
    expect(paths).not.toContain("/nonexistent/adopted");
  });

  test("a cgroup with those below it", async () => {
    const mount =
      /^cgroup2? (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1] ?? "/sys/fs/cgroup";
    const name = `tare-test-${process.pid}`;
    const inside = join(mount, name, "below");
    mkdirSync(inside, { recursive: true });
    try {
      const { events } = await under(hook, { processes: { cgroups: [`/${name}`] } }, () => {
        spawnSync("sh", [
          "-c",
          `echo $$ > '${inside}/cgroup.procs'; exec '${TRIGGER}' openat /nonexistent/in 0 0`,
        ]);
        trigger("openat", "/nonexistent/out", "0", "0");
      });
      const paths = events.map(({ path }) => path);
      expect(paths).toContain("/nonexistent/in");
      expect(paths).not.toContain("/nonexistent/out");
    } finally {
      rmdirSync(inside);
      rmdirSync(join(mount, name));
    }
  });

  test("a rate: what exceeds it is counted as limited, not as lost", async () => {
    const RATE = 100;
    const { counts } = await under(hook, { rate: RATE, processes: { trees: [process.pid] } }, () =>
      trigger("burst", "/nonexistent/rate", "20000"),
    );
    expect(counts.limited).toBeGreaterThan(10_000);
    expect(counts.emitted).toBeGreaterThanOrEqual(RATE);
    expect(counts.lost).toBe(0);
  });
});

forEachHook("exec", (hook) => {
  test("execs from a prefix", async () => {
    const { events, counts } = await under(hook, { exec: { paths: [TRIGGER] } }, () => {
      trigger("identity");
      spawnSync("/bin/true");
    });
    expect(events.map(({ path }) => path)).toEqual([TRIGGER]);
    expect(counts.filtered).toBeGreaterThan(0);
  });
});

forEachHook("delete", (hook) => {
  test("path prefixes: a relative path is judged as what it stands for", async () => {
    const { events } = await under(hook, { delete: { paths: ["/etc/nonexistent"] } }, () => {
      trigger("delete", "unlinkat", "/etc", "nonexistent-wanted", "0");
      trigger("delete", "unlinkat", "/usr", "nonexistent-other", "0");
      trigger("delete", "unlinkat", "/", "/nonexistent/other", "0");
      trigger("delete", "unlinkat", "/usr", "../etc/nonexistent", "0");
    });
    // What winds could lead anywhere.
    expect(events.map(({ path }) => path)).toEqual(["/etc/nonexistent-wanted", "/usr/../etc/nonexistent"]);
  });
});

forEachHook("rename", (hook) => {
  test("path prefixes: either path", async () => {
    const paths = [
      ["/nonexistent/wanted/a", "/nonexistent/other"],
      ["/nonexistent/other", "/nonexistent/wanted/b"],
      ["/nonexistent/other", "/nonexistent/another"],
    ] as const;
    const { events, counts } = await under(hook, { rename: { paths: ["/nonexistent/wanted/"] } }, () => {
      for (const [from, to] of paths) trigger("rename", "renameat2", "/", from, to, "0");
    });
    expect(events.map(({ path, newPath }) => [path, newPath])).toEqual(paths.slice(0, 2));
    expect(counts.filtered).toBeGreaterThan(0);
  });
});

forEachHook("write", (hook) => {
  test("path prefixes: of the file that is really written", async () => {
    const [wanted, other] = [join(folder, "wanted"), join(folder, "other")];
    const { events, counts } = await under(hook, { write: { paths: [wanted] } }, () => {
      trigger("write", "write", wanted);
      trigger("write", "write", other);
    });
    expect(events.map(({ path }) => path)).toEqual([wanted]);
    expect(counts.filtered).toBeGreaterThan(0);
  });
});

forEachHook("network", (hook) => {
  test("ports and networks must both fit; IPv4 inside IPv6 is judged as what it stands for", async () => {
    const policy = { network: { ports: [9], addresses: ["127.5.0.0/16", "::1"] } };
    const { events } = await under(hook, policy, () => {
      for (const [address, port] of [
        ["127.5.1.1", "9"],
        ["127.5.1.1", "10"],
        ["127.6.1.1", "9"],
        ["::1", "9"],
        ["::ffff:127.5.2.2", "9"],
        ["::ffff:127.6.2.2", "9"],
      ] as const)
        trigger("connect", address, port);
    });
    expect(events.map(({ address, port }) => `${String(address)} ${String(port)}`)).toEqual([
      "127.5.1.1 9",
      "::1 9",
      "::ffff:127.5.2.2 9",
    ]);
  });
});

forEachHook("accept", (hook) => {
  test("the other end's network", async () => {
    const { events } = await under(hook, { accept: { addresses: ["::1"] } }, () => {
      trigger("accept4", "127.0.0.1");
      trigger("accept4", "::1");
    });
    expect(events.map(({ peer }) => peer)).toEqual(["::1"]);
  });
});
