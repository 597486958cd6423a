/** Lines as conmon, Podman's monitor, wrote them with `--log-driver k8s-file`; and what the format allows. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createContainerLog } from "../../src/observe/container-log.ts";

const TIME = "2026-11-27T14:52:11.123456789+00:00";
const line = (stream: string, tag: string, text: string): string => `${TIME} ${stream} ${tag} ${text}\n`;

/** What comes out of the log, fed in pieces of that many bytes. */
const printedIn = (log: string, piece = 1 << 20, format?: "docker"): string => {
  const bytes = Buffer.from(log);
  const out: Buffer[] = [];
  const feed = createContainerLog((chunk) => out.push(Buffer.from(chunk)), format);
  for (let at = 0; at < bytes.length; at += piece) feed(bytes.subarray(at, at + piece));
  return Buffer.concat(out).toString();
};

test("whole lines lose what stands before them", () => {
  expect(printedIn(line("stdout", "F", '{"a":1}') + line("stderr", "F", "oops"))).toBe('{"a":1}\noops\n');
});

test("a line that was cut is one line again, also with one of the other stream in between", () => {
  const log =
    line("stdout", "P", '{"path":"/w/TK-00') +
    line("stderr", "F", "oops") +
    line("stdout", "P", "0a-00") +
    line("stdout", "F", '000007"}');
  expect(printedIn(log)).toBe('oops\n{"path":"/w/TK-000a-00000007"}\n');
});

test("a line in no such format stays as it is", () => {
  expect(printedIn('{"log":"x","stream":"stdout"}\nfoo bar baz\n\n')).toBe(
    '{"log":"x","stream":"stdout"}\nfoo bar baz\n\n',
  );
});

test("what has no line end yet waits for it", () => {
  expect(printedIn(`${line("stdout", "F", "one")}${TIME} stdout F tw`)).toBe("one\n");
});

test("a line of many pieces is handed over before it takes much memory", () => {
  const piece = "x".repeat(8000);
  const log = line("stdout", "P", piece).repeat(400);
  expect(printedIn(log).length).toBeGreaterThan(2_000_000);
});

test("wherever the printed lines are cut and wherever the log is, what was printed comes out", () => {
  const words = fc.array(
    fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll("\n", " ")),
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (lines, piece) => {
      const log = lines
        .map((parts) =>
          [...parts.map((part) => line("stdout", "P", part)), line("stdout", "F", "end")].join(""),
        )
        .join("");
      expect(printedIn(log, piece)).toBe(lines.map((parts) => `${parts.join("")}end\n`).join(""));
    }),
  );
});

const entry = (stream: string, log: string): string =>
  `${JSON.stringify({ log, stream, time: "2026-11-27T14:52:11.1Z" })}\n`;

test("Docker's entries hold what was printed, without the escapes of JSON", () => {
  const printed = '{"path":"/w/TK-000a/00000001"}\n';
  expect(printedIn(entry("stdout", printed) + entry("stderr", "oops\n"), undefined, "docker")).toBe(
    `${printed}oops\n`,
  );
  expect(printedIn('{"log":"\\/w\\/x\\n","stream":"stdout"}\n', undefined, "docker")).toBe("/w/x\n");
});

test("a line that Docker cut, in two or in more, is one line again", () => {
  const log =
    entry("stdout", '{"args":"noop TK-000a-00') +
    entry("stderr", "oops\n") +
    entry("stdout", "0000") +
    entry("stdout", '07"}\n');
  for (const piece of [1, 7, 1 << 20]) {
    expect(printedIn(log, piece, "docker")).toBe('oops\n{"args":"noop TK-000a-00000007"}\n');
  }
});

test("a line that is no entry of Docker's stays as it is", () => {
  const lines = 'null\n{"log":7,"stream":"stdout"}\n{"log":"x","stream":"else"}\n{"cut\n';
  expect(printedIn(lines, undefined, "docker")).toBe(lines);
});
