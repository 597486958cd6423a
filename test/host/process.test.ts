import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { StartSpec } from "../../src/domain/host.ts";
import { createHost } from "../../src/host/host.ts";
import { notStarted } from "../../src/host/not-started.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const host = createHost({
  root: resolve(import.meta.dirname, "../.."),
  journalDirectory: join(folder, "tare/journal"),
});
const files = { stdout: join(folder, "out"), stderr: join(folder, "err") };

describe("a short command", () => {
  test("gives its exit code and both outputs, and is no exception when it fails", async () => {
    expect(await host.run("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("that does not exist says so", async () => {
    const done = await host.run("no-such-command-here", []);
    expect(done.exitCode).toBeUndefined();
    expect(done.stderr).toContain("ENOENT");
  });

  test("is ended at its time-out", async () => {
    const done = await host.run("sleep", ["600"], { timeoutMs: 100 });
    expect(done.exitCode).toBeUndefined();
    expect(done.stderr).toMatch(/timed out|Timed out/);
  });

  test("gets its input", async () => {
    expect((await host.run("cat", [], { input: "hello" })).stdout).toBe("hello");
  });
});

describe("a long-lived process", () => {
  test("talks line by line through a pipe", async () => {
    const process = await host.start({ command: "cat", args: [], stdout: "pipe", stderr: files.stderr });
    process.writeLine("one");
    process.writeLine("two");
    expect(await process.readLine()).toBe("one");
    expect(await process.readLine()).toBe("two");
    expect(process.exit()).toBeUndefined();
    process.closeInput();
    expect(await process.readLine()).toBeUndefined();
    expect(await process.exited).toEqual({ code: 0, signal: null });
  });

  test("writes to files, runs on the CPUs asked for, and leads a session of its own", async () => {
    const script = "taskset -cp $$; ps -o sid= -p $$; echo $$";
    const [cpu = 0] = host.cpus;
    const process = await host.start({ command: "sh", args: ["-c", script], cpus: [cpu], ...files });
    await process.exited;
    const lines = readFileSync(files.stdout, "utf8").trim().split("\n");
    expect(lines[0]?.split(": ").at(-1)).toBe(String(cpu));
    expect(lines[1]?.trim()).toBe(lines[2]);
  });

  describe("that cannot be started says what kept it, on which value, and what to do next", () => {
    const place = join(folder, "refused");
    const file = (name: string, mode: number): string => {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, name), "", { mode });
      return join(place, name);
    };

    const link = (): string => {
      const path = join(place, "link");
      rmSync(path, { force: true });
      symlinkSync("/dev/null", path);
      return path;
    };

    test.each<[what: string, spec: () => Partial<StartSpec>, message: string, hint: string]>([
      ["no such name", () => ({ command: "no-such-agent" }), "no such executable", "tare agents"],
      [
        "no such path",
        () => ({ command: "/no/such/agent" }),
        "/no/such/agent: no such executable",
        "installed",
      ],
      ["a file of no mode", () => ({ command: file("plain", 0o644) }), "it may not be executed", "chmod +x"],
      [
        "a path below a file",
        () => ({ command: `${file("x", 0o644)}/y` }),
        "no such executable",
        "installed",
      ],
      ["a folder by its path", () => ({ command: folder }), "it is no file", "name the program"],
      [
        "no such folder to start in",
        () => ({ cwd: "/no/such" }),
        "in /no/such, which cannot be entered",
        "make that",
      ],
      ["a file to start in", () => ({ cwd: file("in", 0o644) }), "which is no folder", "make that folder"],
      [
        "a long argument",
        () => ({ args: ["x".repeat(1 << 18)] }),
        "cannot start true: spawn E2BIG",
        "128 KiB",
      ],
      ["a link for its messages", () => ({ stderr: link() }), "ELOOP", "a symbolic link is in the way"],
      ["no folder for them", () => ({ stderr: "/no/such/err" }), "write what true says", "another TMPDIR"],
    ])("%s", async (_, spec, message, hint) => {
      await expect(host.start({ command: "true", args: [], ...files, ...spec() })).rejects.toMatchObject({
        kind: "run-failed",
        message: expect.stringContaining(message) as string,
        hint: expect.stringContaining(hint) as string,
      });
    });

    test.each([
      ["E2BIG", "long variables"],
      ["EAGAIN", "pids.max"],
      ["ENOMEM", "memory"],
      ["EMFILE", "ulimit -n"],
      ["ENFILE", "fs.file-max"],
      ["EACCES", "/bin/sh"],
      ["ENOEXEC", "/bin/sh"],
      ["ENOENT", "/bin/sh"],
      ["EPERM", "seccomp"],
      ["EUNKNOWN", "by hand"],
    ])("the system's %s", async (code, hint) => {
      const error = Object.assign(new Error(`spawn /bin/sh ${code}`), { code });
      expect(await notStarted({ command: "falco", cwd: folder }, error)).toMatchObject({
        message: `cannot start falco: spawn /bin/sh ${code}`,
        hint: expect.stringContaining(hint) as string,
      });
    });
  });

  test("enters its cgroup before its first instruction", async (context) => {
    const mount = /^\S+ (\S+) cgroup \S*\bcpuacct\b/m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];
    if (mount === undefined || host.uid !== 0)
      return context.skip("no cgroup v1 cpuacct controller, or not root");
    const scope = host.effects.scope("cgroup");
    const path = `${mount}/tare-test-${process.pid}`;
    await scope.perform({ kind: "cgroup", path });
    const child = await scope.start(
      {
        command: "sh",
        args: ["-c", "cat /proc/self/cgroup"],
        stdout: join(folder, "cg"),
        stderr: files.stderr,
        cgroup: [path],
      },
      { signals: ["SIGTERM"], graceMs: 500 },
    );
    await child.exited;
    expect(readFileSync(join(folder, "cg"), "utf8")).toContain(`/tare-test-${process.pid}\n`);
    expect(await scope.undo()).toEqual([]);
  });
});

describe("files", () => {
  test("that cannot be read are missing with the reason, and sizes and lists likewise", async () => {
    expect(await host.readText("/no/such/file")).toMatchObject({
      kind: "missing",
      reason: expect.stringContaining("ENOENT"),
    });
    expect(await host.fileSize("/no/such/file")).toMatchObject({ kind: "missing" });
    expect(await host.list("/no/such/folder")).toEqual([]);
    expect(await host.openReader("/no/such/file")).toBeUndefined();
  });

  test("are read in the range asked for, and end early when they are shorter", async () => {
    mkdirSync(join(folder, "d"), { recursive: true });
    const path = join(folder, "d/f");
    writeFileSync(path, "0123456789");
    const read = async (from: number, to: number): Promise<string> => {
      const parts: Buffer[] = [];
      const reader = await host.openReader(path);
      for await (const chunk of reader?.chunks(from, to) ?? []) parts.push(Buffer.from(chunk));
      await reader?.close();
      return Buffer.concat(parts).toString();
    };
    expect(await read(2, 5)).toBe("234");
    expect(await read(8, 100)).toBe("89");
    expect(await read(5, 5)).toBe("");
  });
});
