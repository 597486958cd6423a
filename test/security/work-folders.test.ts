/**
 * What another user of the node can do to the folders and files that root works in: names taken beforehand, links, folders swapped in. The
 * other user is a real one.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanUp } from "../../src/host/effects.ts";
import { createHost } from "../../src/host/host.ts";
import { findJournals } from "../../src/host/journal.ts";
import { prepareRunFolder, writeWhole } from "../../src/record/files.ts";
import { continueRecord, createRecord } from "../../src/record/writer.ts";
import { HEADER } from "../support/record-lines.ts";
import { ROOT } from "../support/agent-session.ts";
import { evaluated } from "../support/as-user.ts";
import { NOBODY, whyNotNobody } from "../support/nobody.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
/** Root's, and to be left alone. */
const SECRET = join(folder, "root-only");
let count = 0;

/** A folder such as /var/tmp: everybody may write there. */
const everybodys = (): string => {
  const place = join(folder, `${++count}`, "tare-tmp");
  mkdirSync(place, { recursive: true });
  chmodSync(folder, 0o755);
  chmodSync(place, 0o1777);
  return place;
};

const asNobody = (...command: readonly string[]): void => {
  const [program = "", ...args] = command;
  const done = spawnSync(program, args, { uid: NOBODY, gid: NOBODY, encoding: "utf8" });
  expect({ command, status: done.status, stderr: done.stderr }).toEqual({ command, status: 0, stderr: "" });
};

const secret = (): string => {
  writeFileSync(SECRET, "root's words\n", { mode: 0o600 });
  return SECRET;
};
const untouched = (): void => {
  expect(readFileSync(SECRET, "utf8")).toBe("root's words\n");
};

const scopeIn = (place: string) => {
  const journal = join(place, "..", "tare-journal");
  return { journal, scope: createHost({ root: ROOT, journalDirectory: journal }).effects.scope("run") };
};

describe.skipIf(whyNotNobody() !== undefined)("another user of the node", () => {
  test("who has made the work folder beforehand is not worked with, and loses nothing", async () => {
    const place = everybodys();
    const path = join(place, "tare-0001");
    asNobody("mkdir", path);
    asNobody("touch", join(path, "theirs"));
    const { scope } = scopeIn(place);
    await expect(scope.perform({ kind: "directory", path })).rejects.toThrow(/EEXIST/);
    expect(await scope.undo()).toEqual([]);
    expect(readdirSync(path)).toEqual(["theirs"]);
  });

  test("who has put a link there leads root nowhere, neither on the way in nor on the way out", async () => {
    const place = everybodys();
    const target = join(place, "..", "tare-target");
    mkdirSync(target);
    writeFileSync(join(target, "precious"), "");
    const path = join(place, "tare-0002");
    asNobody("ln", "-s", target, path);
    const { scope } = scopeIn(place);
    await expect(scope.perform({ kind: "directory", path, mode: 0o711 })).rejects.toThrow(/EEXIST/);
    expect(await scope.undo()).toEqual([]);
    expect(readdirSync(target)).toEqual(["precious"]);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  test("who takes the name of a folder that a killed run left keeps what is in it", async () => {
    const place = everybodys();
    const path = join(place, "tare-0003");
    const { journal, scope } = scopeIn(place);
    await scope.perform({ kind: "directory", path });
    spawnSync("rmdir", [path]);
    asNobody("mkdir", path);
    asNobody("touch", join(path, "theirs"));
    const [left] = await findJournals(journal);
    if (left === undefined) throw new Error("the journal is there");
    expect((await cleanUp(journal, left)).problems).toEqual([]);
    expect(await scope.undo()).toEqual([]);
    expect(readdirSync(path)).toEqual(["theirs"]);
  });

  test("finds no file of ours that can be foretold, and none that it may read", () => {
    const place = everybodys();
    const names = [0, 1].map(() => {
      const before = new Set(readdirSync(place));
      evaluated(
        { "src/record/files.ts": "prepareRunFolder", "src/record/writer.ts": "createRecord" },
        `await prepareRunFolder(args[0]); await (await createRecord(args[0] + "/record.jsonl")).close(); return null;`,
        [join(place, `run-${before.size}`)],
      );
      return readdirSync(place).find((name) => !before.has(name)) ?? "";
    });
    for (const name of names) {
      expect(statSync(join(place, name)).mode & 0o777).toBe(0o700);
      expect(statSync(join(place, name, "record.jsonl")).mode & 0o777).toBe(0o600);
    }
    expect(new Set(names).size).toBe(2);
  });

  test("who has put links where root writes a summary, a page or a log has root write none of it", async () => {
    const place = everybodys();
    const target = secret();
    for (const name of [".writable", "summary.json.partial", "summary.json", "driver.stderr", "policy.yaml"])
      symlinkSync(target, join(place, name));
    await writeWhole(join(place, "summary.json"), "{}");
    const host = createHost({ root: ROOT, journalDirectory: join(place, "..", "tare-journal") });
    const stderr = join(place, "driver.stderr");
    const scope = host.effects.scope("x");
    const spec = { command: "true", args: [], stdout: join(place, "out"), stderr };
    await expect(scope.start(spec, { signals: [], graceMs: 10 })).rejects.toThrow(/ELOOP/);
    expect(await scope.undo()).toEqual([]);
    await expect(host.writeText(join(place, "policy.yaml"), "x")).rejects.toThrow(/ELOOP/);
    untouched();
    expect(lstatSync(join(place, "summary.json")).isFile()).toBe(true);
  });

  test("who owns the folder that a run is to be kept in is told of, and nothing is written there", async () => {
    const place = everybodys();
    const theirs = join(place, "out");
    asNobody("mkdir", theirs);
    await expect(prepareRunFolder(theirs)).rejects.toMatchObject({
      kind: "usage",
      message: `${theirs} belongs to another user (uid ${NOBODY})`,
    });
    asNobody("ln", "-s", folder, join(place, "link"));
    await expect(prepareRunFolder(join(place, "link"))).rejects.toMatchObject({ kind: "usage" });
    expect(readdirSync(theirs)).toEqual([]);
  });

  test("who puts a link in a record's place does not have root cut the file behind it", async () => {
    const place = everybodys();
    const path = join(place, "record.jsonl");
    symlinkSync(secret(), path);
    await expect(createRecord(path)).rejects.toThrow(/EEXIST/);
    await expect(continueRecord(path, { bytes: 0, digest: "" })).rejects.toThrow(/ELOOP/);
    untouched();
  });

  test("who has made the journal's folder has no command of theirs run by root", async () => {
    const place = everybodys();
    const journal = join(place, "journal");
    const done = join(place, "done-as-root");
    const effect = { kind: "command", title: "x", do: ["true"], undo: [["touch", done]] };
    asNobody("mkdir", journal);
    asNobody(
      "sh",
      "-c",
      'printf "%s\\n" "$1" >"$0"',
      join(journal, "1-1.jsonl"),
      JSON.stringify({ id: 1, kind: "effect", effect }),
    );
    await expect(findJournals(journal)).rejects.toMatchObject({ kind: "host-unfit" });
    // Nor where the folder is root's and anybody may write there.
    chownSync(journal, 0, 0);
    chmodSync(journal, 0o777);
    await expect(findJournals(journal)).rejects.toMatchObject({ kind: "host-unfit" });
    // Nor from a single file of theirs.
    chmodSync(journal, 0o700);
    await expect(findJournals(journal)).rejects.toMatchObject({ kind: "host-unfit" });
    expect(existsSync(done)).toBe(false);
  });
});

describe.skipIf(whyNotNobody() !== undefined)("who calls tare with sudo", () => {
  const SUDO = { SUDO_UID: `${NOBODY}`, SUDO_GID: `${NOBODY}` };
  const MAKE = `await asUserOf(args[0], async () => { await prepareRunFolder(args[0]); await (await createRecord(args[0] + "/record.jsonl")).close(); }, isRefused);
    return [process.geteuid(), ...[args[0], args[0] + "/record.jsonl"].map((path) => { const { uid, mode } = fs.statSync(path); return [uid, (mode & 0o777).toString(8)]; })];`;
  const IMPORTS = {
    "src/host/privileges.ts": "asUserOf",
    "src/record/files.ts": "prepareRunFolder, isRefused",
    "src/record/writer.ts": "createRecord",
  };

  test("owns the run's folder and record", () => {
    const place = everybodys();
    expect(evaluated(IMPORTS, MAKE, [join(place, "run")], { env: SUDO })).toEqual([
      0,
      [NOBODY, "700"],
      [NOBODY, "600"],
    ]);
  });

  test("has them made as root's where only root may write", () => {
    const place = join(folder, "roots");
    mkdirSync(place, { mode: 0o755 });
    expect(evaluated(IMPORTS, MAKE, [join(place, "run")], { env: SUDO })).toEqual([
      0,
      [0, "700"],
      [0, "600"],
    ]);
  });

  test("gets no file of root's read to them by a link in a record's place", async () => {
    const place = everybodys();
    mkdirSync(join(place, "run"));
    chownSync(join(place, "run"), NOBODY, NOBODY);
    const path = join(place, "run", "record.jsonl");
    asNobody("ln", "-s", secret(), path);
    const said = evaluated(
      { "src/host/privileges.ts": "asOwnerOf", "src/record/reader.ts": "readRecord" },
      "return await caught(() => asOwnerOf(args[0], () => readRecord(args[0])));",
      [path],
    );
    expect(said).toMatchObject({ kind: "usage", message: expect.stringContaining("EACCES") as string });
    expect(JSON.stringify(said)).not.toContain("root's words");
  });

  test("has a record read, analysed and reported without root", async () => {
    const place = everybodys();
    const path = join(place, "record.jsonl");
    const writer = await createRecord(path);
    await writer.append(HEADER);
    await writer.close();
    const body = `await becomeOwnerOf([args[0]], args[1]);
      let back = "root again"; try { process.seteuid(0); } catch { back = "no way back"; }
      return [process.getuid(), process.geteuid(), process.getgroups(), back];`;
    const become = (out?: string): unknown =>
      evaluated({ "src/host/privileges.ts": "becomeOwnerOf" }, body, [
        path,
        ...(out === undefined ? [] : [out]),
      ]);
    expect(become()).toEqual([0, 0, expect.anything(), "root again"]);
    chownSync(path, NOBODY, NOBODY);
    expect(become()).toEqual([NOBODY, NOBODY, [NOBODY], "no way back"]);
    expect(become(join(place, "page.html"))).toEqual([NOBODY, NOBODY, [NOBODY], "no way back"]);
    // What only root may write is what the user of root asked for.
    expect(become("/usr/page.html")).toEqual([0, 0, expect.anything(), "root again"]);
  });
});
