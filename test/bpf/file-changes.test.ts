/** The families that tell what is done to files beyond opening them, by every hook that loads here, field by field. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectOrigin, forEachHook, OBSTACLE, observing, ORIGIN_KEYS } from "./observing.ts";
import { eventsOf, parseLines, Sensor, trigger } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const { observed, output } = observing();
const directory = temporaryFolder();
const of = (type: string, truth: Truth): readonly Json[] => eventsOf(output(), type, truth.pid);

const AT_FDCWD = -100;
const AT_REMOVEDIR = "0x200";
const RENAME_NOREPLACE = 1;

/** A file with something in it. */
const made = (name: string): string => {
  const path = join(directory, name);
  writeFileSync(path, "content");
  return path;
};

forEachHook("write", (hook) => {
  test.each([
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "sendfile",
    "copy_file_range",
    "splice",
    "fallocate",
    "ftruncate",
  ])("%s tells the whole path of the file, the descriptor and the result", async (call) => {
    const path = join(directory, `written by ${call}`);
    // What the caller opened it by does not matter.
    const truth = await observed(hook, () => trigger("write", call, relative(process.cwd(), path)));
    const events = of("write", truth);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], truth);
    expect(events[0]).toMatchObject({
      tid: truth.tid,
      comm: "bpf-trigger",
      call,
      path,
      fd: truth.more["fd"],
      ret: truth.ret,
    });
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "call", "path", "fd", "ret"]);
  });

  test("truncate tells its path, and completes a relative one", async () => {
    const path = made("truncated");
    const given = relative(process.cwd(), path);
    const [whole, part, none] = await observed(
      hook,
      () =>
        [
          trigger("write", "truncate", path),
          trigger("write", "truncate", given),
          trigger("write", "truncate", "nonexistent"),
        ] as const,
    );
    expect([whole.ret, part.ret, none.ret]).toEqual([0, 0, -2]);
    expect(Object.keys(of("write", whole)[0] ?? {})).toEqual([...ORIGIN_KEYS, "call", "path", "fd", "ret"]);
    expect(of("write", whole)).toMatchObject([{ call: "truncate", path, fd: null, ret: 0 }]);
    expect(of("write", part)).toMatchObject([
      { path: `${process.cwd()}/${given}`, given, dirfd: AT_FDCWD, fd: null, ret: 0 },
    ]);
    expect(of("write", none)).toMatchObject([
      { path: join(process.cwd(), "nonexistent"), given: "nonexistent", ret: -2 },
    ]);
  });

  test("a write that fails is told with its error", async () => {
    const path = made("read only");
    const truth = await observed(hook, () => trigger("write", "read-only", path));
    expect(truth.ret).toBe(-9);
    expect(of("write", truth)).toMatchObject([{ call: "write", path, ret: -9 }]);
  });

  test("a file below another mount point has its whole path", async () => {
    const path = `/dev/shm/tare-test-${process.pid}`;
    try {
      const truth = await observed(hook, () => trigger("write", "write", path));
      expect(of("write", truth)).toMatchObject([{ path, ret: truth.ret }]);
      expect(truth.ret).toBeGreaterThan(0);
    } finally {
      rmSync(path, { force: true });
    }
  });

  test("memory that is a file has its name", async () => {
    const truth = await observed(hook, () => trigger("write", "memory", made("unused")));
    expect(of("write", truth)).toMatchObject([{ path: "/memfd:tare-source", ret: truth.ret }]);
  });

  test.each(["pipe", "device", "closed"])("a write to a %s is none", async (what) => {
    const truth = await observed(hook, () => trigger("write", what, made("unused")));
    expect(of("write", truth)).toEqual([]);
  });

  test("a path too deep to follow is null, and the write is told", async () => {
    const deep = join(directory, ...Array<string>(40).fill("d"));
    mkdirSync(deep, { recursive: true });
    const truth = await observed(hook, () => trigger("write", "write", join(deep, "file")));
    expect(of("write", truth)).toMatchObject([{ path: null, ret: truth.ret }]);
  });
});

/** arm64 has the calls with directories only. */
const CALLS = process.arch === "x64" ? ["rename", "renameat", "renameat2"] : ["renameat", "renameat2"];

forEachHook("rename", (hook) => {
  test.each(CALLS)("%s tells both whole paths and the result", async (call) => {
    const [from, to] = [made(`old by ${call}`), join(directory, `new by ${call}`)];
    const truth = await observed(hook, () => trigger("rename", call, "/", from, to, "0"));
    const events = of("rename", truth);
    expect(truth.ret).toBe(0);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], truth);
    expect(events[0]).toMatchObject({ path: from, newPath: to, flags: 0, ret: 0 });
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "path", "newPath", "flags", "ret"]);
  });

  test("relative paths are completed, with what the caller gave beside them", async () => {
    made("old name");
    rmSync(join(directory, "new name"), { force: true });
    const truth = await observed(hook, () =>
      trigger("rename", "renameat2", directory, "old name", "new name", String(RENAME_NOREPLACE)),
    );
    const { fd } = truth.more;
    const events = of("rename", truth);
    expect(events).toMatchObject([
      {
        path: join(directory, "old name"),
        given: "old name",
        dirfd: fd,
        newPath: join(directory, "new name"),
        newGiven: "new name",
        newDirfd: fd,
        flags: RENAME_NOREPLACE,
        ret: 0,
      },
    ]);
    expect(Object.keys(events[0] ?? {})).toEqual([
      ...ORIGIN_KEYS,
      "path",
      "given",
      "dirfd",
      "newPath",
      "newGiven",
      "newDirfd",
      "flags",
      "ret",
    ]);
  });

  test("one that fails is told with its error; a path that cannot be read is null", async () => {
    const [failed, bad] = await observed(
      hook,
      () =>
        [
          trigger("rename", "renameat", "/", "/nonexistent/old", "/nonexistent/new", "0"),
          trigger("rename-bad"),
        ] as const,
    );
    expect(of("rename", failed)).toMatchObject([
      { path: "/nonexistent/old", newPath: "/nonexistent/new", ret: -2 },
    ]);
    expect(of("rename", bad)).toMatchObject([{ path: null, newPath: "/nonexistent/new", ret: -14 }]);
  });

  test("keeps two paths of the greatest length whole", async () => {
    const from = `/${"nonexistent/".repeat(340)}${"e".repeat(14)}`;
    const to = `/${"nonexistent/".repeat(340)}${"f".repeat(14)}`;
    const truth = await observed(hook, () => trigger("rename", "renameat", "/", from, to, "0"));
    expect(of("rename", truth)).toMatchObject([{ path: from, newPath: to }]);
  });
});

forEachHook("delete", (hook) => {
  test("unlinkat tells the whole path, and whether it deletes directories", async () => {
    const path = made("unlinked");
    mkdirSync(join(directory, "removed"));
    const [file, folder] = await observed(
      hook,
      () =>
        [
          trigger("delete", "unlinkat", "/", path, "0"),
          trigger("delete", "unlinkat", directory, "removed", AT_REMOVEDIR),
        ] as const,
    );
    const events = of("delete", file);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], file);
    expect(events[0]).toMatchObject({ path, directory: false, ret: 0 });
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "path", "directory", "ret"]);
    expect(of("delete", folder)).toMatchObject([
      {
        path: join(directory, "removed"),
        given: "removed",
        dirfd: folder.more["fd"],
        directory: true,
        ret: 0,
      },
    ]);
  });

  test.runIf(process.arch === "x64")(
    "sees unlink and rmdir, the calls that arm64 does not have",
    async () => {
      const path = made("unlinked");
      mkdirSync(join(directory, "removed"));
      const [file, folder] = await observed(
        hook,
        () =>
          [
            trigger("delete", "unlink", path),
            trigger("delete", "rmdir", join(directory, "removed")),
          ] as const,
      );
      expect(of("delete", file)).toMatchObject([{ path, directory: false, ret: 0 }]);
      expect(of("delete", folder)).toMatchObject([
        { path: join(directory, "removed"), directory: true, ret: 0 },
      ]);
    },
  );

  test("one that fails is told with its error; a path that cannot be read is null", async () => {
    const [failed, bad] = await observed(
      hook,
      () => [trigger("delete", "unlinkat", "/", "nonexistent", "0"), trigger("delete-bad")] as const,
    );
    expect(of("delete", failed)).toMatchObject([{ path: "/nonexistent", given: "nonexistent", ret: -2 }]);
    expect(of("delete", bad)).toMatchObject([{ path: null, ret: -14 }]);
  });

  test("a relative path that together with its directory is too long stays as it was given", async () => {
    const given = `${"nonexistent/".repeat(340)}${"e".repeat(14)}`;
    const truth = await observed(hook, () => trigger("delete", "unlinkat", directory, given, "0"));
    const events = of("delete", truth);
    expect(events).toMatchObject([{ path: given, dirfd: truth.more["fd"] }]);
    expect(events[0]).not.toHaveProperty("given");
  });

  test("the path is the one that the caller sees, also below another root", async (context) => {
    const root = join(directory, "root");
    mkdirSync(join(root, "inside"), { recursive: true });
    const script = `chroot "${root}" or exit 9; chdir "/inside" or exit 9; print $$; rmdir "gone"`;
    const ran = await observed(hook, () => spawnSync("perl", ["-e", script], { encoding: "utf8" }));
    context.skip(ran.status !== 0, "no perl here that may change its root");
    const events = eventsOf(output(), "delete", Number(ran.stdout));
    expect(events).toMatchObject([{ path: "/inside/gone", given: "gone", dirfd: AT_FDCWD }]);
  });
});

describe.skipIf(OBSTACLE !== undefined)("a sensor that observes writes", () => {
  test("does not observe its own, however much it writes", async () => {
    const file = join(directory, "own.jsonl");
    const sensor = await Sensor.start(["--families", "write,file", "--output", file]);
    try {
      trigger("burst", "/nonexistent/own", "20000");
      const { written } = await sensor.stop();
      expect(written.events).toBeGreaterThan(20_000);
      // Another sensor on this node is somebody else.
      const events = parseLines(readFileSync(file, "utf8"));
      expect(events.filter(({ pid }) => pid === sensor.child.pid)).toEqual([]);
    } finally {
      sensor.kill();
    }
  });
});
