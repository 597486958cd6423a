/** Real files that a real file system renames, deletes and cuts off, as programs that rotate their logs do. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogReader } from "../../src/domain/host.ts";
import { openLog } from "../../src/host/log.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const parent = temporaryFolder();
let folder = "";
let path = "";
let log: LogReader;

beforeEach(() => {
  folder = mkdtempSync(join(parent, "log-"));
  path = join(folder, "audit.log");
});

afterEach(async () => {
  await log.close();
});

const readAll = async (): Promise<string> => {
  let text = "";
  const decoder = new TextDecoder();
  await log.read((chunk) => {
    text += decoder.decode(chunk);
  });
  return text;
};

const WHOLE = (bytes: number): object => ({ kind: "value", value: bytes });
const missingBecause = (reason: RegExp): object => ({
  kind: "missing",
  reason: expect.stringMatching(reason) as string,
});

/** As auditd does it: the oldest goes, every other takes the next number, and a new one is begun. */
const rotate = (kept: number): void => {
  rmSync(join(folder, `audit.log.${kept}`), { force: true });
  for (let number = kept; number > 1; number -= 1) {
    try {
      renameSync(join(folder, `audit.log.${number - 1}`), join(folder, `audit.log.${number}`));
    } catch {
      // There are not so many yet.
    }
  }
  renameSync(path, join(folder, "audit.log.1"));
  writeFileSync(path, "");
};

describe("a log that is not rotated", () => {
  test("is read from where it ended, each byte once", async () => {
    writeFileSync(path, "before\n");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    expect(await readAll()).toBe("one\n");
    appendFileSync(path, "two\n");
    expect(await log.written()).toEqual(WHOLE(8));
    expect(await readAll()).toBe("two\n");
    expect(await readAll()).toBe("");
  });

  test("that comes into being later is read from its beginning", async () => {
    log = await openLog(path);
    expect(await readAll()).toBe("");
    expect(await log.written()).toEqual(WHOLE(0));
    writeFileSync(path, "one\n");
    expect(await readAll()).toBe("one\n");
  });

  test("is larger than what is read at once", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    const text = "0123456789abcde\n".repeat(200_000);
    appendFileSync(path, text);
    expect(await readAll()).toBe(text);
  });

  test("whose file is deleted is still read by its writer's descriptor, as far as it came", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    unlinkSync(path);
    expect(await readAll()).toBe("one\n");
    expect(await log.written()).toEqual(WHOLE(4));
  });
});

describe("a rotated log", () => {
  test.each([1, 2, 4])("is read whole after %i rotations between two looks", async (rotations) => {
    writeFileSync(path, "before\n");
    log = await openLog(path);
    appendFileSync(path, "part 0\n");
    for (let part = 1; part <= rotations; part += 1) {
      rotate(4);
      appendFileSync(path, `part ${part}\n`);
    }
    const expected = Array.from({ length: rotations + 1 }, (_, part) => `part ${part}\n`).join("");
    expect(await log.written()).toEqual(WHOLE(expected.length));
    expect(await readAll()).toBe(expected);
    expect(await readAll()).toBe("");
  });

  test("leaves out what was rotated away before", async () => {
    writeFileSync(path, "long ago\n");
    rotate(4);
    appendFileSync(path, "before\n");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    rotate(4);
    appendFileSync(path, "two\n");
    expect(await readAll()).toBe("one\ntwo\n");
  });

  test("is still read where its writer goes on in the renamed file for a while", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    rotate(4);
    appendFileSync(path, "new\n");
    appendFileSync(join(folder, "audit.log.1"), "late\n");
    expect(await readAll()).toBe("late\nnew\n");
    appendFileSync(join(folder, "audit.log.1"), "later\n");
    expect(await readAll()).toBe("later\n");
    expect(await log.written()).toEqual(WHOLE(15));
  });

  test("that is written again in a file of the same number is not taken for the old one", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    for (let part = 0; part < 12; part += 1) {
      appendFileSync(path, `part ${part}\n`);
      expect(await readAll()).toBe(`part ${part}\n`);
      rotate(2);
    }
    expect(await log.written()).toMatchObject({ kind: "value" });
  });

  test("with the time in the old one's name is read whole", async () => {
    path = join(folder, "tetragon.log");
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    renameSync(path, join(folder, "tetragon-2026-01-01T00-00-00.000.log"));
    writeFileSync(join(folder, "tetragon-policy.yaml"), "no log\n");
    writeFileSync(path, "two\n");
    expect(await readAll()).toBe("one\ntwo\n");
  });

  test("is read on when it is renamed and not yet begun anew", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    renameSync(path, `${path}.1`);
    expect(await readAll()).toBe("one\n");
    writeFileSync(path, "two\n");
    expect(await readAll()).toBe("two\n");
    expect(await log.written()).toEqual(WHOLE(8));
  });
});

test("a log that grows past what is known of its beginning is not taken for another", async () => {
  writeFileSync(path, "a");
  log = await openLog(path);
  for (let part = 0; part < 40; part += 1) {
    appendFileSync(path, `part ${part} `.repeat(3));
    await readAll();
  }
  expect(await log.written()).toMatchObject({ kind: "value" });
});

describe("what is out of reach is said", () => {
  test("when so many rotations came that files were deleted", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    for (let part = 0; part < 4; part += 1) {
      appendFileSync(path, `part ${part}\n`);
      rotate(2);
    }
    expect(await readAll()).toContain("part 3\n");
    expect(await log.written()).toEqual(missingBecause(/audit\.log was rotated so often/));
  });

  test("when it was cut off", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    await readAll();
    truncateSync(path, 0);
    expect(await log.written()).toEqual(missingBecause(/was cut off/));
  });

  test.each([
    ["that held something before it was followed", "08:00 before\n"],
    ["that was empty", ""],
  ])("when it was cut off and has grown beyond where it was read to: one %s", async (_, before) => {
    writeFileSync(path, before);
    log = await openLog(path);
    appendFileSync(path, "09:00 one\n");
    await readAll();
    // As logrotate's copytruncate does it: under one number all the time.
    writeFileSync(`${path}.1`, `${before}09:00 one\n09:01 two\n`);
    truncateSync(path, 0);
    appendFileSync(path, "09:02 three\n".repeat(100));
    expect(await log.written()).toEqual(missingBecause(/was cut off/));
  });

  test("when it was cut off and has grown to the very byte", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "09:00 one\n");
    await readAll();
    truncateSync(path, 0);
    appendFileSync(path, "09:02 two\n");
    expect(await log.written()).toEqual(missingBecause(/was cut off/));
  });

  test("when a rotation compresses by what cannot be read, or not wholly", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    writeFileSync(`${path}.1.xz`, "one\n");
    unlinkSync(path);
    writeFileSync(path, "two\n");
    await readAll();
    expect(await log.written()).toMatchObject({ kind: "missing" });
  });

  test("when one of the files that were compressed is gone", async () => {
    writeFileSync(path, "");
    log = await openLog(path);
    appendFileSync(path, "one\n");
    unlinkSync(path);
    writeFileSync(`${path}.1.gz`, gzipSync("three\n"));
    writeFileSync(path, "four\n");
    await readAll();
    expect(await log.written()).toMatchObject({ kind: "missing" });
  });
});

describe("a rotation that compresses, as lumberjack's does with the names of Tetragon's export", () => {
  const packed = (number: number): string => join(folder, `audit-2026-11-28T16-27-0${number}.189.log.gz`);

  test("is followed over files that were open, that were not, and one that is still being compressed", async () => {
    writeFileSync(path, "before\n");
    log = await openLog(path);
    appendFileSync(path, "one\ntw");
    expect(await readAll()).toBe("one\ntw");
    appendFileSync(path, "o\n");
    unlinkSync(path);
    // Two rotations between two looks: the file in the middle was never open.
    writeFileSync(packed(1), gzipSync("before\none\ntwo\n"));
    writeFileSync(packed(2), gzipSync("three\n"));
    writeFileSync(packed(3).replace(/\.gz$/, ""), "four\n");
    writeFileSync(packed(3), gzipSync("four\n").subarray(0, 12));
    writeFileSync(path, "five\n");
    const text = await readAll();
    expect(text.startsWith("o\nthree\n")).toBe(true);
    expect(text.slice("o\nthree\n".length).split("\n").toSorted()).toEqual(["", "five", "four"]);
    expect(await log.written()).toEqual(WHOLE("one\ntwo\nthree\nfour\nfive\n".length));

    unlinkSync(packed(3).replace(/\.gz$/, ""));
    writeFileSync(packed(3), gzipSync("four\n"));
    appendFileSync(path, "six\n");
    expect(await readAll()).toBe("six\n");
    expect(await log.written()).toMatchObject({ kind: "value" });
  });
});

test("what is no file is not waited for, and is said to be none", async () => {
  execFileSync("mkfifo", [path]);
  log = await openLog(path);
  expect(await readAll()).toBe("");
  expect(await log.written()).toEqual(missingBecause(/audit\.log is no file$/));
  rmSync(path);
  mkdirSync(path);
  expect(await readAll()).toBe("");
});
