/** What counts as a report of an operation, and what makes it a right one. */
import { describe, expect, test } from "vitest";
import type { DoneOperation } from "../../src/domain/technique-line.ts";
import type { Telling } from "../../src/domain/telling.ts";
import { eventsAbout, excerptOf, toldOf } from "../../src/observe/told.ts";

const TELLING: Telling = {
  deeds: { open: /^open /, exec: /^exec / },
  pid: /\bpid=(\d+)/,
};

const OPERATION: DoneOperation = {
  technique: "open-openat",
  pid: 812,
  marks: ["TK-0001-1000", "127.101.116.10"],
  objects: [["/w/TK-0001-1000"], ["/w/first/TK-0001-1000", "second"]],
};

const told = (output: string, operation = OPERATION, telling = TELLING) =>
  toldOf(eventsAbout(output, telling, [operation]), telling, "open", operation).told;

describe("a report", () => {
  test.each([
    ["process and object", "open pid=812 comm=x path=/w/TK-0001-1000\n", "right"],
    ["the other name of the object, of two texts", "open pid=812 /w/first/TK-0001-1000 second\n", "right"],
    ["one of the two texts alone", "open pid=812 /w/first/TK-0001-1000\n", "otherwise"],
    ["a relative path", "open pid=812 comm=x path=TK-0001-1000\n", "otherwise"],
    ["another process, and the object", "open pid=813 path=/w/TK-0001-1000\n", "otherwise"],
    ["no process, and the object", "open path=/w/TK-0001-1000\n", "otherwise"],
    ["the process, and no object", "open pid=812 path=0x55d0\n", "otherwise"],
    ["another process and another object", "open pid=813 path=/w/TK-0001-1001\n", "nothing"],
    ["a process whose number begins alike", "open pid=8123 path=/etc/passwd\n", "nothing"],
    ["another sort of call", "exec pid=812 path=/w/TK-0001-1000\n", "nothing"],
    ["a slash behind a backslash", "open pid=812 path=\\/w\\/TK-0001-1000\n", "right"],
    ["nothing at all", "", "nothing"],
    [
      "the address that an IPv6 address written out holds",
      "open pid=812 to 0000:0000:0000:0000:0000:ffff:7f65:740a\n",
      "right",
      { ...OPERATION, objects: [["127.101.116.10"]] },
    ],
  ])("with %s", (_, output, expected, operation: DoneOperation = OPERATION) => {
    expect(told(output, operation)).toBe(expected);
  });

  test("is the best of several: a call's beginning may not know what its end does", () => {
    expect(told("open pid=812 path=TK-0001-1000\nopen pid=812 path=/w/TK-0001-1000\n")).toBe("right");
  });

  test("is right by its process alone where there is no object", () => {
    expect(told("open pid=812\n", { ...OPERATION, objects: [] })).toBe("right");
    expect(told("open TK-0001-1000\n", { ...OPERATION, objects: [] })).toBe("otherwise");
  });

  test("of a deed that the agent never tells of is none, whatever it wrote", () => {
    const output = "open pid=812 path=/w/TK-0001-1000\n";
    const events = eventsAbout(output, TELLING, [OPERATION]);
    expect(toldOf(events, TELLING, "rename", OPERATION)).toEqual({ told: "nothing" });
  });

  test("of several lines is one event where the agent says so", () => {
    const telling: Telling = { ...TELLING, eventsIn: (output) => output.split("--\n") };
    const output = "open pid=1\npath=/etc\n--\nopen pid=812\npath=/w/TK-0001-1000\n--\n";
    expect(told(output, OPERATION, telling)).toBe("right");
  });
});

test("what is about no operation is left out", () => {
  const output = "open pid=1 path=/etc/passwd\nopen pid=812 path=/x\nopen 127.101.116.10\n";
  expect(eventsAbout(output, TELLING, [OPERATION]).map(({ text }) => text)).toEqual([
    "open pid=812 path=/x",
    "open 127.101.116.10",
  ]);
});

test("an excerpt is one line, bounded, and shows the mark", () => {
  const text = `${"a".repeat(400)}\n TK-0001-1000 \n${"b".repeat(400)}`;
  const excerpt = excerptOf({ text, pid: undefined }, OPERATION);
  expect(excerpt).toContain(" TK-0001-1000 ");
  expect(excerpt.length).toBeLessThan(260);
  expect(excerpt).not.toContain("\n");
  expect(excerptOf({ text: "short", pid: undefined }, OPERATION)).toBe("short");
});
