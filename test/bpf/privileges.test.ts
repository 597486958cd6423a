/** What the sensor may still do once it observes: tried by a program that gives up what the sensor gives up, and seen on the sensor itself. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OBSTACLE } from "./observing.ts";
import { ROOT, SENSOR, Sensor } from "./sensor.ts";

const PROGRAM = join(ROOT, "build/test/privileges-check");
const PREBUILT = process.env["TARE_TEST_PREBUILT"] === "yes";
const NOBODY = 65_534;
const CAP_BPF = 1n << 39n;

interface Attempts {
  /** The version of Landlock, or less than 1 where there is none. */
  readonly landlock: number;
  readonly uid: number;
  readonly gid: number;
  readonly passwd: string;
  readonly corePattern: string;
  readonly fresh: string;
  readonly port: string;
  readonly root: string;
  readonly group: string;
  readonly openBefore: string;
}

const attempts = (...args: readonly string[]): { readonly told: Attempts; readonly said: string } => {
  // Looking for leaks takes files that cannot be opened any more.
  const env = { ...process.env, ASAN_OPTIONS: "detect_leaks=0" };
  const ran = spawnSync(PROGRAM, args, { encoding: "utf8", env });
  return { told: JSON.parse(ran.stdout) as Attempts, said: ran.stderr };
};

describe("a program that has given up what the sensor gives up", () => {
  beforeEach((context) => {
    context.skip(OBSTACLE !== undefined, OBSTACLE);
    context.skip(PREBUILT, "there is no compiler here");
    mkdirSync(join(ROOT, "build/test"), { recursive: true });
    const sources = [
      join(import.meta.dirname, "fixtures/privileges-check.c"),
      ...["loader/privileges.c", "output/message.c"].map((name) => join(ROOT, "bpf", name)),
    ];
    const flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I"];
    execFileSync(
      "cc",
      [...flags, join(ROOT, "bpf/loader"), ...sources, "-lbpf", "-lelf", "-lz", "-o", PROGRAM],
      {
        stdio: "pipe",
      },
    );
  });

  test("is nobody, can write no file of the node, and can become nobody else", () => {
    const { told, said } = attempts();
    expect(said).toBe("");
    expect(told).toMatchObject({ uid: NOBODY, gid: NOBODY, root: "EPERM", group: "EPERM" });
    for (const attempt of [told.passwd, told.corePattern]) expect(attempt).toMatch(/^(EACCES|EPERM)$/);
    expect(told.openBefore).toBe("done");
  });

  test("can open no file and no port at all where the kernel has Landlock", (context) => {
    const { told } = attempts();
    context.skip(told.landlock < 1, "this kernel has no Landlock, or it is switched off");
    expect(told.fresh).toBe("EACCES");
    context.skip(told.landlock < 4, "this kernel's Landlock knows no ports");
    expect(told.port).toBe("EACCES");
  });

  test("says so where it cannot change its user, and gives up the rest", () => {
    const { told, said } = attempts("without-setuid");
    expect(said).toMatch(
      /user 0 cannot be left: Operation not permitted; .* Give it CAP_SETUID and CAP_SETGID, too/,
    );
    expect(told).toMatchObject({ uid: 0, gid: 0, openBefore: "done" });
    const denied = told.landlock >= 1 ? "EACCES" : "done";
    expect(told).toMatchObject({ passwd: denied, corePattern: denied, fresh: denied });
  });
});

describe("once it observes, the sensor", () => {
  let sensor: Sensor | undefined;
  beforeEach((context) => {
    context.skip(OBSTACLE !== undefined, OBSTACLE);
  });
  afterEach(() => {
    sensor?.kill();
  });

  const statusOf = (running: Sensor): ((name: string) => string) => {
    const status = readFileSync(`/proc/${running.child.pid}/status`, "utf8");
    return (name) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, "m").exec(status)?.[1] ?? "absent";
  };

  test("is nobody, keeps CAP_BPF alone, and can get nothing back", async () => {
    sensor = await Sensor.start(["--output", "none"]);
    const field = statusOf(sensor);
    for (const ids of ["Uid", "Gid"])
      expect(field(ids)).toBe(Array.from({ length: 4 }, () => NOBODY).join("\t"));
    expect(field("Groups")).toBe("");
    for (const set of ["CapEff", "CapPrm"]) expect(BigInt(`0x${field(set)}`)).toBe(CAP_BPF);
    for (const set of ["CapInh", "CapBnd", "CapAmb"]) expect(BigInt(`0x${field(set)}`)).toBe(0n);
    expect(field("NoNewPrivs")).toBe("1");
  });

  test("can still be measured, asked and stopped by root, and reads its counters", async () => {
    sensor = await Sensor.start(["--output", "none"]);
    expect(readFileSync(`/proc/${sensor.child.pid}/smaps_rollup`, "utf8")).toMatch(/^Pss: +\d+ kB$/m);
    spawnSync("/bin/true");
    expect((await sensor.statistics()).families["exec"]?.seen).toBeGreaterThan(0);
    await sensor.stop();
  });

  test("ends with what has started it, where that has asked for it, though it has become another user", async (context) => {
    context.skip(spawnSync("setpriv", ["--version"]).status !== 0, "setpriv is not here");
    const script = 'setpriv --pdeathsig SIGTERM -- "$1" --output none & echo $!; wait';
    const starter = spawn("sh", ["-c", script, "sh", SENSOR], { stdio: ["ignore", "pipe", "ignore"] });
    const [said] = (await once(starter.stdout, "data")) as [Buffer];
    const pid = Number(said.toString());
    const statusLine = (name: string): string => {
      try {
        return (
          new RegExp(`^${name}:\\t(\\S+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? ""
        );
      } catch {
        return "gone";
      }
    };
    try {
      await expect.poll(() => statusLine("Uid")).toBe(String(NOBODY));
      starter.kill("SIGKILL");
      // Whoever inherits it may take its time to collect it.
      await expect.poll(() => statusLine("State")).toMatch(/^(gone|Z)$/);
    } finally {
      starter.kill("SIGKILL");
      spawnSync("kill", ["-9", String(pid)]);
    }
  });

  test.each([
    ["by name", "daemon", "1"],
    ["by number, with that user's group", "2", "2"],
    ["of no name, with nobody's group", "4242", "4242"],
  ])("is another user if asked: %s", async (_, user, uid) => {
    sensor = await Sensor.start(["--output", "none", "--user", user]);
    const field = statusOf(sensor);
    const gid = user === "4242" ? String(NOBODY) : uid;
    expect(field("Uid").split("\t")).toEqual([uid, uid, uid, uid]);
    expect(field("Gid").split("\t")).toEqual([gid, gid, gid, gid]);
  });

  test.each(["no-such-user", "", "-1", "4294967295"])("a user that is none is a usage error: %j", (user) => {
    const ran = spawnSync(SENSOR, ["--output", "none", "--user", user], { encoding: "utf8" });
    expect(ran.stderr).toContain(`--user "${user}" is no user of this system`);
    expect(ran.status).toBe(2);
  });
});
