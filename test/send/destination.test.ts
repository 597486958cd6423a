import { expect, test } from "vitest";
import { destinationOf, destinationText, filled } from "../../src/send/destination.ts";

test.each([
  ["-", { kind: "standard-output" }],
  ["lake.ndjson", { kind: "file", template: "lake.ndjson" }],
  ["/a b/{table}/{run}.ndjson.gz", { kind: "file", template: "/a b/{table}/{run}.ndjson.gz" }],
  ["http://a:1/x?y={table}", { kind: "http", template: "http://a:1/x?y={table}" }],
  ["HTTPS://a/", { kind: "http", template: "HTTPS://a/" }],
  ["kafka://a/t", { kind: "kafka", brokers: ["a:9092"], template: "t" }],
  [
    "kafka://a:1,b.c:2,[::1]:3/t-{table}",
    { kind: "kafka", brokers: ["a:1", "b.c:2", "[::1]:3"], template: "t-{table}" },
  ],
])("%s", (where, destination) => {
  expect(destinationOf(where)).toEqual(destination);
});

test.each([
  ["", /names no place/, /for example/],
  ["lake/{tabel}.ndjson", /\{tabel\} is nothing that is filled in/, /\{table\} or \{run\}/],
  ["s3://bucket/x", /s3:\/\/ is no way that tare knows/, /kafka:/],
  ["kafkas://a/t", /kafkas:/, /kafka:/],
  ["http://", /is no URL/, /for example/],
  ["https://me:secret@a/x", /https:\/\/\.\.\.@a: credentials on the command line/, /TARE_HTTP_AUTHORIZATION/],
  ["kafka://me:secret@a:1/t", /kafka:\/\/\.\.\.@a:1.*credentials/, /TARE_KAFKA_CONFIG/],
  ["kafka://a:1", /names no topic/, /TOPIC/],
  ["kafka://a:1/", /names no topic/, /TOPIC/],
  ["kafka://a:1/b c", /"b c" is no topic/, /letters/],
  ["kafka:///t", /"" is no broker/, /HOST:PORT/],
  ["kafka://a:x/t", /"a:x" is no broker/, /HOST:PORT/],
])("%j is refused with what is wrong, and what next", (where, message, hint) => {
  const act = (): unknown => destinationOf(where);
  expect(act).toThrow(
    expect.objectContaining({ kind: "usage", hint: expect.stringMatching(hint) as string }),
  );
  expect(act).toThrow(message);
  expect(act).not.toThrow("secret");
});

test("a name from a record can lead nowhere else", () => {
  const names = { table: "runs", run: "../../$&{table}" };
  expect(filled("a/{run}/{table}", names, encodeURIComponent)).toBe("a/..%2F..%2F%24%26%7Btable%7D/runs");
});

test("what a URL asks for is not told: it may hold a token", () => {
  expect(destinationText(destinationOf("https://a/x?token=secret#y"))).toBe("https://a/x");
  expect(destinationText(destinationOf("kafka://a,b:1/t"))).toBe("kafka://a:9092,b:1/t");
});
