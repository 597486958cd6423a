/** The safety of the node rests on this: what is done is journaled first, and undone on every path. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { EffectScope } from "../../src/domain/host.ts";
import { cleanUp } from "../../src/host/effects.ts";
import { createHost } from "../../src/host/host.ts";
import { openEntries, findJournals } from "../../src/host/journal.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const ROOT = resolve(import.meta.dirname, "../..");
let count = 0;

const setUp = (): { scope: EffectScope; journal: string; place: string } => {
  const place = join(folder, String(++count));
  mkdirSync(place);
  const journal = join(place, "tare", "journal");
  const host = createHost({ root: ROOT, journalDirectory: journal });
  return { scope: host.effects.scope("test"), journal, place };
};

const journalText = (journal: string): string =>
  readdirSync(journal)
    .map((name) => readFileSync(join(journal, name), "utf8"))
    .join("");

const SLEEPER = { command: "sleep", args: ["600"] };
const output = (place: string): { stdout: string; stderr: string } => ({
  stdout: join(place, "out"),
  stderr: join(place, "err"),
});
const TERM = { signals: ["SIGTERM"], graceMs: 2000 } as const;

describe("a scope of effects", () => {
  test("undoes last in, first out, and leaves neither files nor journal", async () => {
    const { scope, place } = setUp();
    const log = join(place, "log");
    const logged = (name: string): Parameters<EffectScope["perform"]>[0] => ({
      kind: "command",
      title: name,
      do: ["sh", "-c", `echo do ${name} >> ${log}`],
      undo: [["sh", "-c", `echo undo ${name} >> ${log}`]],
    });
    await scope.perform({ kind: "directory", path: join(place, "tare-work") });
    await scope.perform(logged("first"));
    await scope.perform(logged("second"));
    expect(await scope.undo()).toEqual([]);
    expect(readFileSync(log, "utf8").trim().split("\n")).toEqual([
      "do first",
      "do second",
      "undo second",
      "undo first",
    ]);
    expect(existsSync(join(place, "tare-work"))).toBe(false);
    expect(existsSync(join(place, "tare"))).toBe(false);
  });

  test("knows what its processes started, also what has left their session and has another parent", async () => {
    const { scope, place } = setUp();
    const script = `(setsid sh -c 'echo $$ >${place}/away; exec sleep 600' &); exec sleep 600`;
    const [mine, other] = [
      await scope.start({ command: "sh", args: ["-c", script], ...output(place) }, TERM),
      await scope.start({ ...SLEEPER, ...output(place) }, TERM),
    ];
    await expect
      .poll(() => existsSync(join(place, "away")) && readFileSync(join(place, "away"), "utf8"))
      .toMatch(/\d\n/);
    const away = Number(readFileSync(join(place, "away"), "utf8"));
    expect(new Set(await mine.marked?.())).toEqual(new Set([mine.pid, away]));
    expect(await other.marked?.()).toEqual([other.pid]);
    expect(await scope.undo()).toEqual([]);
    expect(await mine.marked?.()).toEqual([]);
  });

  test("writes the undo to the journal before the deed", async () => {
    const { scope, journal } = setUp();
    const seen = join(folder, `seen-${count}`);
    await scope.perform({
      kind: "command",
      title: "look at the journal",
      do: ["sh", "-c", `cat ${journal}/*.jsonl > ${seen}`],
      undo: [["true"]],
    });
    expect(readFileSync(seen, "utf8")).toContain('"title":"look at the journal"');
    expect(await scope.undo()).toEqual([]);
  });

  test("a scope that ends takes nothing of another's from the journal, whenever that one begins", async () => {
    const place = join(folder, String(++count));
    const journal = join(place, "tare", "journal");
    const { effects } = createHost({ root: ROOT, journalDirectory: journal });
    for (let turn = 0; turn < 20; turn++) {
      const [first, second] = [effects.scope("first"), effects.scope("second")];
      await first.perform({ kind: "command", title: "first", do: ["true"], undo: [["true"]] });
      const ending = first.undo();
      for (let wait = 0; wait < turn; wait++) await Promise.resolve();
      await second.perform({ kind: "command", title: "second", do: ["true"], undo: [["true"]] });
      expect(await ending).toEqual([]);
      expect(openEntries(journalText(journal)).map(({ kind }) => kind)).toEqual(["effect"]);
      expect(journalText(journal)).toContain('"title":"second"');
      expect(await second.undo()).toEqual([]);
      expect(existsSync(journal)).toBe(false);
    }
  });

  test("undoes an effect that failed half-way, and says why it failed", async () => {
    const { scope, place } = setUp();
    const half = join(place, "half");
    const failing = scope.perform({
      kind: "command",
      title: "half an effect",
      do: ["sh", "-c", `touch ${half}; echo broken >&2; exit 1`],
      undo: [["rm", "-f", half]],
    });
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining("broken"),
      hint: "while doing: half an effect",
    });
    expect(existsSync(half)).toBe(true);
    expect(await scope.undo()).toEqual([]);
    expect(existsSync(half)).toBe(false);
  });

  test("names what cannot be undone, undoes the rest, and keeps the journal for later", async () => {
    const { scope, journal, place } = setUp();
    await scope.perform({ kind: "directory", path: join(place, "tare-work") });
    await scope.perform({
      kind: "command",
      title: "a stubborn thing",
      do: ["true"],
      undo: [["sh", "-c", "echo stuck >&2; exit 1"]],
    });
    expect(await scope.undo()).toEqual([expect.stringMatching(/a stubborn thing: .*stuck/)]);
    expect(existsSync(join(place, "tare-work"))).toBe(false);
    expect(openEntries(journalText(journal))).toMatchObject([{ effect: { title: "a stubborn thing" } }]);
  });

  test("takes an undo that finds nothing left for done", async () => {
    const { scope } = setUp();
    const undo = [["sh", "-c", "echo 'No such rule' >&2; exit 255"]] as const;
    await scope.perform({ kind: "command", title: "a rule", do: ["true"], undo, undoneWhen: "No such rule" });
    expect(await scope.undo()).toEqual([]);
  });

  test("does not call left what could not begin, and journals nothing for it", async () => {
    const { scope, journal } = setUp();
    const mount = { kind: "command", title: "something mounted", do: ["no-such-mount", "/mnt"] } as const;
    await expect(scope.perform({ ...mount, undo: [["no-such-umount", "/mnt"]] })).rejects.toMatchObject({
      message: "no-such-mount is not on this node",
      hint: "while doing: something mounted",
    });
    expect(existsSync(journal)).toBe(false);
    expect(await scope.undo()).toEqual([]);
  });

  test("stops a process, its children, and one that ignores SIGTERM", async () => {
    const { scope, place } = setUp();
    const script = "trap '' TERM; sleep 600 & sleep 601 & while :; do sleep 1; done";
    const process = await scope.start(
      { command: "sh", args: ["-c", script], env: { TEST_PLACE: place }, ...output(place) },
      { signals: ["SIGTERM"], graceMs: 300 },
    );
    await expect.poll(() => markedIn(place).length).toBeGreaterThanOrEqual(3);
    expect(await scope.undo()).toEqual([]);
    expect(await process.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(markedIn(place)).toEqual([]);
  });

  test("waits for nothing once it is told to hurry", async () => {
    const place = join(folder, String(++count));
    mkdirSync(place);
    const { effects } = createHost({ root: ROOT, journalDirectory: join(place, "tare", "journal") });
    const scope = effects.scope("test");
    const process = await scope.start(
      {
        command: "sh",
        args: ["-c", `trap '' TERM; touch ${place}/trapped; exec sleep 600`],
        ...output(place),
      },
      { signals: ["SIGTERM"], graceMs: 3_600_000 },
    );
    await expect.poll(() => existsSync(join(place, "trapped"))).toBe(true);
    const undone = scope.undo();
    effects.hurry();
    expect(await undone).toEqual([]);
    expect(await process.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("stops a process that took the mark off its environment, and what it has started", async () => {
    const { scope, place } = setUp();
    const process = await scope.start(
      {
        command: "env",
        args: ["-i", "sh", "-c", `trap '' TERM; echo $$ > ${place}/pid; sleep 600; :`],
        ...output(place),
      },
      { signals: ["SIGTERM"], graceMs: 300 },
    );
    await expect.poll(() => existsSync(join(place, "pid"))).toBe(true);
    expect(await scope.undo()).toEqual([]);
    expect(await process.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("counts a process that has ended by itself as stopped", async () => {
    const { scope, place } = setUp();
    const process = await scope.start({ command: "true", args: [], ...output(place) }, TERM);
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(await scope.undo()).toEqual([]);
  });

  test("refuses to own a folder that is not tare's", async () => {
    const { scope } = setUp();
    await expect(scope.perform({ kind: "directory", path: "/var/lib/something" })).rejects.toThrow(
      /refusing/,
    );
    expect(existsSync("/var/lib/something")).toBe(false);
    expect(await scope.undo()).toEqual([]);
  });
});

/** Processes whose working files lie in the place: what a test started. */
const markedIn = (place: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TEST_PLACE=${place}\0`);
      } catch {
        return false;
      }
    });

describe("after a kill -9", () => {
  /** A tare of its own that does some effects, says so, and waits to be killed. */
  const killedRun = async (place: string, journal: string): Promise<void> => {
    const program = `
      import { createHost } from ${JSON.stringify(join(ROOT, "src/host/host.ts"))};
      const host = createHost({ root: "/", journalDirectory: ${JSON.stringify(journal)} });
      const scope = host.effects.scope("doomed");
      await scope.perform({ kind: "directory", path: ${JSON.stringify(join(place, "tare-work"))} });
      await scope.perform({ kind: "command", title: "a flag", do: ["touch", ${JSON.stringify(join(place, "flag"))}], undo: [["rm", "-f", ${JSON.stringify(join(place, "flag"))}]] });
      await scope.start({ command: "sh", args: ["-c", ${JSON.stringify(`trap '' TERM; touch '${join(place, "trapped")}'; sleep 600`)}], env: { TEST_PLACE: ${JSON.stringify(place)} }, stdout: "/dev/null", stderr: "/dev/null" }, { signals: ["SIGTERM"], graceMs: 200 });
      process.stdout.write("ready\\n");
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolveReady) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("ready")) resolveReady();
      });
    });
    const [alive] = await findJournals(journal);
    expect(alive?.owner).toBe(child.pid);
    // Until then it is about to become the command, and the end of its parent would end it.
    await expect.poll(() => existsSync(join(place, "trapped"))).toBe(true);
    child.kill("SIGKILL");
    await new Promise((resolveExit) => child.once("exit", resolveExit));
  };

  test("the next start finds the journal, undoes all of it, and twice is harmless", async () => {
    const place = join(folder, "killed");
    const journal = join(place, "tare", "journal");
    mkdirSync(place);
    await killedRun(place, journal);
    expect(existsSync(join(place, "flag"))).toBe(true);
    await expect.poll(() => markedIn(place)).not.toEqual([]);

    const [found] = await findJournals(journal);
    expect(found).toMatchObject({
      owner: undefined,
      open: [{ kind: "effect" }, { kind: "effect" }, { kind: "process" }],
    });
    if (found === undefined) return;
    const { undone, problems } = await cleanUp(journal, found);
    expect(problems).toEqual([]);
    expect(undone).toEqual(["process sh", "a flag", `directory ${join(place, "tare-work")}`]);
    expect(existsSync(join(place, "flag"))).toBe(false);
    expect(existsSync(join(place, "tare-work"))).toBe(false);
    expect(markedIn(place)).toEqual([]);
    expect(await findJournals(journal)).toEqual([]);
    expect((await cleanUp(journal, found)).problems).toEqual([]);
  });

  test("a journal that was cut off in its last line is still read", () => {
    const whole = { id: 1, kind: "effect", effect: { kind: "directory", path: "/x/tare-1" } };
    expect(openEntries(`${JSON.stringify(whole)}\n{"id":2,"kind":"eff`)).toEqual([whole]);
    expect(openEntries(`${JSON.stringify(whole)}\n{"id":1,"kind":"undone"}\n`)).toEqual([]);
  });

  test("the journal of a process that still runs is not taken for a leftover", async () => {
    const { scope, journal, place } = setUp();
    const process = await scope.start({ ...SLEEPER, ...output(place) }, TERM);
    const host = createHost({ root: ROOT, journalDirectory: journal });
    writeFileSync(join(journal, `${process.pid}-0.jsonl`), "");
    const found = await findJournals(journal);
    expect(found.find((entry) => entry.name.endsWith("-0"))?.owner).toBeUndefined();
    expect(found.find((entry) => !entry.name.endsWith("-0"))?.owner).toBe(globalThis.process.pid);
    expect(host.alive(process.pid)).toBe(true);
    await scope.undo();
    await expect.poll(() => host.alive(process.pid)).toBe(false);
  });
});
