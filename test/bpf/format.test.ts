/** The way from a record to a line, under AddressSanitizer and UndefinedBehaviorSanitizer, whatever the record holds. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparable, decodeEvents } from "./protobuf.ts";
import { ROOT } from "./sensor.ts";
import type { Json } from "./sensor.ts";

const PROGRAM = join(ROOT, "build/test/format-check");

/** Why it cannot be built here, or undefined. */
const whyNot = (): string | undefined => {
  if (process.platform !== "linux") return `the sensor is for Linux, this is ${process.platform}`;
  mkdirSync(join(ROOT, "build/test"), { recursive: true });
  const sources = ["format", "json", "protobuf", "record"].map((name) => join(ROOT, `bpf/output/${name}.c`));
  const flags = [
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Wextra",
    "-Werror",
  ];
  const fixture = join(import.meta.dirname, "fixtures/format-check.c");
  try {
    execFileSync("cc", [...flags, "-I", join(ROOT, "bpf/output"), fixture, ...sources, "-o", PROGRAM], {
      stdio: "pipe",
    });
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (/cannot find.*(asan|ubsan)/.test(said)) return "the compiler has no sanitizers";
    throw error;
  }
};
const obstacle = whyNot();

/** What comes out for these records; fails on whatever a sanitizer finds. */
const formatted = (records: readonly Uint8Array[], format: "json" | "protobuf"): Buffer => {
  const input = Buffer.concat(
    records.flatMap((record) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(record.length);
      return [length, Buffer.from(record)];
    }),
  );
  const ran = spawnSync(PROGRAM, [format], { input, maxBuffer: 1 << 28 });
  expect(ran.stderr.toString()).toBe("");
  expect(ran.status).toBe(0);
  return ran.stdout;
};

const linesOf = (records: readonly Uint8Array[]): readonly string[] =>
  formatted(records, "json").toString().split("\n").slice(0, -1);

const HEADER_BYTES = 56;
const TYPE_OFFSET = 36;
const TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const;

/** Any bytes with a type that is known, so that they get beyond the first check. */
const typed = fc
  .tuple(fc.constantFrom(...TYPES), fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 600 }))
  .map(([type, bytes]) => {
    const record = Buffer.from(bytes);
    record.writeUInt16LE(type, TYPE_OFFSET);
    return record;
  });

/** Small lengths inside, where random ones are nearly always longer than the record. */
const plausible = fc
  .tuple(typed, fc.array(fc.tuple(fc.nat(150), fc.nat(40)), { maxLength: 12 }))
  .map(([record, lengths]) => {
    for (const [word, length] of lengths)
      if (HEADER_BYTES + 4 * word + 4 <= record.length) record.writeUInt32LE(length, HEADER_BYTES + 4 * word);
    return record;
  });

describe.skipIf(obstacle !== undefined)("a record", () => {
  test.each([
    ["any bytes", fc.uint8Array({ minLength: 1, maxLength: 200 })],
    ["any bytes of a known type", typed],
    ["bytes with small lengths in them", plausible],
  ])(
    "of %s is refused, or one line of JSON and the same in protobuf",
    (_, arbitrary: fc.Arbitrary<Uint8Array>) => {
      fc.assert(
        fc.property(fc.array(arbitrary, { minLength: 100, maxLength: 200 }), (records) => {
          const lines = linesOf(records);
          expect(lines).toHaveLength(records.length);
          expect(decodeEvents(formatted(records, "protobuf"))).toEqual(
            lines.map((line) => (line === "refused" ? undefined : comparable(JSON.parse(line) as Json))),
          );
        }),
        { numRuns: 30, endOnFailure: true },
      );
    },
  );

  test("takes whole records of every type, so that the above is not all refusals", () => {
    const whole = TYPES.map((type) => {
      const record = Buffer.alloc(256);
      record.writeUInt16LE(type, TYPE_OFFSET);
      return record;
    });
    const types = linesOf(whole).map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual([
      "exec",
      "open",
      "connect",
      "exit",
      "accept",
      "privilege",
      "bpf",
      "denied",
      "flow",
      "write",
      "rename",
      "delete",
      "datagram",
    ]);
  });
});
if (obstacle !== undefined) console.log(`skipped: ${obstacle}`);
