import { expect, test } from "vitest";
import * as z from "zod";
import { messageOf } from "../../src/domain/errors.ts";
import { describeExit } from "../../src/domain/host.ts";
import { checkedJson } from "../../src/domain/schema.ts";
import { Figure, difference, known, missing, rise, value } from "../../src/domain/units.ts";

test("a difference of readings is missing, never 0, when one of them is", () => {
  expect(difference(value(7), value(3), "lost events")).toEqual(value(4));
  expect(difference(missing("gone"), value(3), "lost events")).toEqual(missing("lost events: gone"));
  expect(difference(value(7), missing("no counter"), "lost events")).toEqual(
    missing("lost events: no counter"),
  );
  expect(known(missing("gone"))).toBeUndefined();
  expect(known(value(0))).toBe(0);
});

test("an exit is described by its signal, or by its status where it is known", () => {
  expect(describeExit({ code: 3, signal: null })).toBe("exit status 3");
  expect(describeExit({ code: null, signal: "SIGSEGV" })).toBe("killed by SIGSEGV");
  expect(describeExit({ code: null, signal: null })).toBe("exit status unknown");
});

test("whatever was thrown has a message", () => {
  expect(messageOf(new Error("no room"))).toBe("no room");
  expect(messageOf("no room")).toBe("no room");
});

test("JSON is checked by its schema, and text that is no JSON is quoted", () => {
  const schema = z.object({ lost: z.number() });
  expect(checkedJson(schema, '{"lost":2}', "the report")).toEqual({ kind: "fits", content: { lost: 2 } });
  expect(checkedJson(schema, '{"lost":"2"}', "the report")).toMatchObject({ kind: "fault", path: ["lost"] });
  expect(checkedJson(schema, "lost 2", "the report")).toMatchObject({
    kind: "fault",
    what: "the report is no JSON: lost 2",
  });
});

test("a counter that was set back tells nothing of the time in between", () => {
  expect(rise(value(7), value(3), "lost events")).toEqual(value(4));
  expect(rise(value(3), value(3), "lost events")).toEqual(value(0));
  expect(rise(value(2), value(7), "lost events")).toEqual(
    missing("lost events: its counter went down by 5 meanwhile"),
  );
  expect(rise(missing("gone"), value(7), "lost events")).toEqual(missing("lost events: gone"));
});

test("a figure is 0 or far enough from it to be divided by, and no more than can be summed", () => {
  const fits = (figure: number): boolean => Figure.safeParse(figure).success;
  expect([0, -0, 1e-12, -1e-12, 0.5, 1e18, -1e18].filter((figure) => !fits(figure))).toEqual([]);
  expect([5e-324, -5e-324, 9e-13, 1.1e18, -1.1e18, Infinity, NaN].filter(fits)).toEqual([]);
  expect(Figure.safeParse(5e-324).error?.message).toContain("5e-324 is too near to 0 to have been measured");
});
