import { describe, expect, test } from "vitest";
import { displayWidth, padEnd, padStart, shortened, singleLine, wrap } from "../../src/report/width.ts";

describe("display width", () => {
  test.each([
    ["", 0],
    ["auditd", 6],
    ["60\u202f000", 6],
    ["\u00b5s", 2],
    ["e\u0301", 1],
    ["監査", 4],
    ["\u{1f680}", 2],
    ["\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", 2],
  ])("%j takes %d columns", (text, columns) => expect(displayWidth(text)).toBe(columns));

  test("padding counts columns, not characters", () => {
    expect(padEnd("監査", 6)).toBe("監査  ");
    expect(padStart("監査", 6)).toBe("  監査");
    expect(padStart("longer", 3)).toBe("longer");
  });
});

describe("foreign text", () => {
  test("cannot move the cursor, recolour or break the line", () => {
    expect(singleLine("\u001b[31mred\u001b[0m\r\nnext\u0007\u009b2J")).toBe("[31mred [0m next 2J");
  });

  test("cannot turn the writing direction", () => {
    expect(singleLine("a\u202egnp.exe")).toBe("agnp.exe");
  });
});

test("what is shortened fits, says that it is, and never tears a character", () => {
  expect(shortened("abcdef", 6)).toBe("abcdef");
  expect(shortened("abcdefg", 6)).toBe("abcde…");
  expect(shortened("界界界界", 6)).toBe("界界…");
});

describe("wrapping", () => {
  test("breaks at spaces, keeps a percent sign with its figure, cuts what is too wide", () => {
    expect(wrap("at most 5 % more", 9)).toEqual(["at most", "5 % more"]);
    expect(wrap("abcdefgh ij", 4)).toEqual(["abcd", "efgh", "ij"]);
    expect(wrap("", 10)).toEqual([]);
  });
});
