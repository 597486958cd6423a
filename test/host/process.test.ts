import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createHost } from "../../src/host/host.ts";
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
    const process = await host.start({ command: "sh", args: ["-c", script], cpus: [0], ...files });
    await process.exited;
    const lines = readFileSync(files.stdout, "utf8").trim().split("\n");
    expect(lines[0]).toMatch(/current affinity list: 0$/);
    expect(lines[1]?.trim()).toBe(lines[2]);
  });

  test("that cannot be executed is a clear error", async () => {
    await expect(host.start({ command: "no-such-agent", args: [], ...files })).rejects.toThrow(
      /cannot start no-such-agent/,
    );
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
