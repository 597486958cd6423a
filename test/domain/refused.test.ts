/** What to do where the system refuses a file: no two reasons have the same mend. */
import { expect, test } from "vitest";
import { codeOf, failedTo } from "../../src/domain/errors.ts";
import { refusedHint, unreadHint } from "../../src/domain/refused.ts";

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });
const ELSEWHERE = "name another with --out";

test.each([
  ["EROFS", "mount it writable"],
  ["EACCES", "as root"],
  ["EPERM", "lsattr"],
  ["ENOENT", "no folder can be made there"],
  ["ENOTDIR", "no folder: move it away"],
  ["EISDIR", "a folder stands there"],
  ["ELOOP", "link"],
  ["ENAMETOOLONG", "too long"],
  ["ENOSPC", "make room"],
  ["EDQUOT", "make room"],
  ["EIO", "dmesg"],
  ["EUNKNOWN", "as it should be"],
])("of what is written: %s", (code, hint) => {
  expect(refusedHint(errorOf(code), ELSEWHERE)).toContain(hint);
  expect(refusedHint(errorOf(code), ELSEWHERE)).toContain(ELSEWHERE);
});

test.each([
  ["ENOENT", "nothing is there"],
  ["EACCES", "make it readable"],
  ["EPERM", "make it readable"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "no folder"],
  ["EUNKNOWN", "see what is there"],
])("of what is read: %s", (code, hint) => {
  expect(unreadHint(errorOf(code), ELSEWHERE)).toContain(hint);
  expect(unreadHint(errorOf(code), ELSEWHERE)).toContain(ELSEWHERE);
});

test.each(["EMFILE", "ENFILE"])("%s is mended by a limit, not by another place", (code) => {
  for (const hint of [refusedHint, unreadHint]) {
    expect(hint(errorOf(code), ELSEWHERE)).toMatch(/ulimit -n|fs\.file-max/);
    expect(hint(errorOf(code), ELSEWHERE)).not.toContain(ELSEWHERE);
  }
});

test("the system's name is found below what was made of the error, and nowhere else", () => {
  expect(codeOf(failedTo("usage", "write it", errorOf("ENOSPC"), ""))).toBe("ENOSPC");
  for (const other of [new Error("no code"), undefined, null, "ENOSPC", { code: 7 }])
    expect(codeOf(other)).toBe("");
});
