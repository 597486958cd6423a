/** snoopy: what it catches and what it does not, and that nothing of it reaches the node. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import snoopy from "../../src/agents/snoopy.ts";
import { createHost } from "../../src/host/host.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { isolatedContext } from "../support/isolated-context.ts";
import { fixture, tallyFixture } from "../support/tally-fixture.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const LIBRARY = "/lib/x86_64-linux-gnu/libsnoopy.so";
const LAYER = "a layer over /etc in the agent's own mount namespace";

describe("its output, captured from Debian's 2.5.1-1", () => {
  const FIXTURE = "snoopy-2.5.1-1.log";
  const spec = { form: { kind: "text" }, family: "exec", trial: "1231" } as const;

  test("names each exec by its arguments", () => {
    expect(tallyFixture(FIXTURE, { ...spec, operations: 3 })).toMatchObject({
      delivered: 3,
      duplicates: 0,
      foreign: 3, // the warm-up
    });
  });

  test("holds the execs of shells, but neither posix_spawn of Python nor exec of Perl, which ran too", () => {
    const text = fixture(FIXTURE);
    expect(text).toMatch(/ \/bin\/true TK-sh$/m);
    expect(text).not.toMatch(/TK-posix-spawn|TK-perl/);
  });
});

describe("where it is started", () => {
  test("lays its two files over /etc of its own namespace, and keeps what is preloaded already", async () => {
    const host = new FakeHost({ files: { [LIBRARY]: "", "/etc/ld.so.preload": "/lib/other.so\n" } });
    await snoopy.start(host, isolatedContext(host));
    expect(host.files.get("/turn/etc.files/ld.so.preload")).toBe(`/lib/other.so\n${LIBRARY}\n`);
    expect(host.files.get("/turn/etc.files/snoopy.ini")).toBe(
      "[snoopy]\noutput = file:/etc/tare-snoopy.log\n",
    );
    expect(host.files.get("/etc/ld.so.preload")).toBe("/lib/other.so\n");
    expect(host.done).toEqual([
      `do ${LAYER}`,
      "do the turn's file for events at /etc/tare-snoopy.log in the agent's own mount namespace",
    ]);
  });

  test("refuses to cover the node's own /etc", async () => {
    const host = new FakeHost({ files: { [LIBRARY]: "" } });
    const context = isolatedContext(host, { inside: (command) => command });
    await expect(snoopy.start(host, context)).rejects.toThrow(/\/etc of the node itself would be covered/);
    expect(host.done).toEqual([]);
  });
});

describe("its probe", () => {
  const programs = { unshare: "/usr/bin/unshare", nsenter: "/usr/bin/nsenter" };
  const files = { [LIBRARY]: "" };

  test("says what is missing, and that installing it preloads nothing", async () => {
    expect(await snoopy.probe(new FakeHost({ programs }))).toEqual({
      kind: "unavailable",
      reason: "libsnoopy.so is not installed",
      hint: "run: tare agents install snoopy (it preloads nothing on this node)",
    });
  });

  test("says which tool of the namespaces is missing", async () => {
    expect(await snoopy.probe(new FakeHost({ files }))).toMatchObject({
      reason: "it runs in namespaces of its own, and unshare is not installed",
      hint: "run: install util-linux (Debian's name)",
    });
  });

  test("says so where the node refuses namespaces", async () => {
    const answer = () => ({ exitCode: 1, stderr: "unshare: unshare failed: Operation not permitted\n" });
    expect(await snoopy.probe(new FakeHost({ files, programs, answer }))).toMatchObject({
      reason:
        "it runs in mount namespaces of its own, which this node refuses: unshare: unshare failed: Operation not permitted",
    });
  });
});

describe("on this node", () => {
  const folder = temporaryFolder();
  const processesWithLibrary = (): readonly string[] =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/maps`, "utf8").includes("libsnoopy");
        } catch {
          return false; // It ended while we looked.
        }
      });

  test("catches execve and not posix_spawn or Node's spawn, and preloads nothing outside its namespace", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, snoopy);
    ctx.skip(obstacle !== undefined, obstacle);
    const preload = (): string | undefined =>
      existsSync("/etc/ld.so.preload") ? readFileSync("/etc/ld.so.preload", "utf8") : undefined;
    const before = preload();
    const { result, problems } = await withAgent(host, snoopy, folder, async (session) => {
      await session.run("sh", "-c", "/bin/true by-execve; true");
      await session.run(
        "setpriv",
        "--reuid=65534",
        "--clear-groups",
        "sh",
        "-c",
        "/bin/true by-nobody; true",
      );
      const code = 'require("node:child_process").spawnSync("/bin/true", ["by-node"])';
      await session.run(process.execPath, "-e", code);
      const mapped = await session.run("cat", "/proc/self/maps");
      expect(mapped.stdout).toContain("libsnoopy");
      expect((await host.run("cat", ["/proc/self/maps"])).stdout).not.toContain("libsnoopy");
      expect(preload()).toBe(before);
      const [output] = session.running.outputs;
      return readFileSync(output?.path ?? "", "utf8");
    });
    expect(result).toContain("/bin/true by-execve");
    expect(result).toMatch(/uid:nobody.* \/bin\/true by-nobody$/m);
    expect(result).not.toContain("by-node");
    expect(problems).toEqual([]);
    expect(preload()).toBe(before);
    expect(processesWithLibrary()).toEqual([]);
  });
});
