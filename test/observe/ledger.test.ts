import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TokenForm } from "../../src/domain/agent.ts";
import type { TokenPlace } from "../../src/domain/scenario.ts";
import { createTally } from "../../src/observe/ledger.ts";
import type { TallyResult, TallySpec } from "../../src/observe/tally.ts";

interface Case {
  readonly tokenIn: TokenPlace;
  readonly form: TokenForm;
  /** Finds tokens the slow way: group 1 is the trial, group 2 the operation, or group 1 the address. */
  readonly naive: RegExp;
  token(trial: number, operation: number): string;
}

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0");
const octets = (trial: number, operation: number): readonly number[] => {
  const bits = ((trial & 15) << 20) | (operation & 0xf_ffff);
  return [bits >>> 16, (bits >>> 8) & 255, bits & 255];
};

const EXEC: Case = {
  tokenIn: "argument",
  form: { kind: "text" },
  naive: /TK-([0-9a-f]{4})-([0-9a-f]{8})(?=[^0-9A-Za-z])/g,
  token: (trial, operation) => `TK-${hex(trial, 4)}-${hex(operation, 8)}`,
};
const FILE: Case = {
  tokenIn: "path",
  form: { kind: "text" },
  naive: /TK-([0-9a-f]{4})(?:\\*\/|\\+(?:u002[Ff]|x2[Ff])|\\*%2[Ff])([0-9a-f]{8})(?=[^0-9A-Za-z])/g,
  token: (trial, operation) => `TK-${hex(trial, 4)}/${hex(operation, 8)}`,
};
const inHex = (text: string): string => Buffer.from(text).toString("hex").toUpperCase();
const HIGH_VALUE: Case = {
  tokenIn: "argument",
  form: { kind: "hex" },
  // Ended by a byte that is no letter and no digit, or by whatever is no byte in digits.
  naive:
    /544[Bb]2[Dd]((?:3\d|6[1-6]){4})2[Dd]((?:3\d|6[1-6]){8})(?=[^\dA-Fa-f]|[\dA-Fa-f][^\dA-Fa-f]|[0-289A-Fa-f][\dA-Fa-f]|3[A-Fa-f]|40|5[B-Fb-f]|60|7[B-Fb-f])/g,
  token: (trial, operation) => inHex(`TK-${hex(trial, 4)}-${hex(operation, 8)}`),
};
const IPV4: Case = {
  tokenIn: "address",
  form: { kind: "ipv4", before: '"address":"' },
  naive: /"address":"127\.(\d{1,3}\.\d{1,3}\.\d{1,3})(?=[^0-9.])/g,
  token: (trial, operation) => `"address":"127.${octets(trial, operation).join(".")}`,
};
const SOCKADDR: Case = {
  tokenIn: "address",
  form: { kind: "sockaddr", before: "saddr=" },
  naive: /saddr=0200[0-9A-Fa-f]{4}7[Ff]([0-9A-Fa-f]{6})/g,
  token: (trial, operation) =>
    `saddr=02009C3F7F${octets(trial, operation)
      .map((octet) => hex(octet, 2).toUpperCase())
      .join("")}0000000000000000`,
};
const CASES = [EXEC, FILE, HIGH_VALUE, IPV4, SOCKADDR];

/** The number that a group of the naive pattern stands for. */
const numberIn = (of: Case, digits: string): number =>
  Number.parseInt(of.form.kind === "hex" ? Buffer.from(digits, "hex").toString() : digits, 16);

const naiveTally = (text: string, of: Case, spec: TallySpec): TallyResult => {
  const seen = new Set<number>();
  const mine = Number.parseInt(of.tokenIn === "address" ? spec.trial.slice(3) : spec.trial, 16);
  let duplicates = 0;
  let foreign = 0;
  const warmup = new Set<number>();
  // Line ends stay, because one may be what ends a token.
  const lines = text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  for (const line of lines) {
    const inLine = new Set<number>();
    for (const [, first = "", second] of line.matchAll(of.naive)) {
      let trial: number;
      let operation: number;
      if (second === undefined) {
        const parts = first.includes(".")
          ? first.split(".").map(Number)
          : [0, 2, 4].map((at) => Number.parseInt(first.slice(at, at + 2), 16));
        if (parts.some((part) => part > 255)) continue;
        const bits = parts.reduce((sum, part) => sum * 256 + part, 0);
        trial = bits >>> 20;
        operation = bits & 0xf_ffff;
      } else {
        trial = numberIn(of, first);
        operation = numberIn(of, second);
      }
      if (trial !== mine || operation >= spec.operations) {
        foreign += 1;
        if (trial === mine) warmup.add(operation);
      } else if (!inLine.has(operation)) {
        inLine.add(operation);
        if (seen.has(operation)) duplicates += 1;
        seen.add(operation);
      }
    }
  }
  return {
    delivered: seen.size,
    duplicates,
    foreign,
    ...(warmup.size === 0 ? {} : { warmup: warmup.size }),
    lines: lines.length,
    bytes: Buffer.byteLength(text),
  };
};

const tallyOf = (spec: TallySpec, chunks: Iterable<Uint8Array>): TallyResult => {
  const tally = createTally(spec);
  for (const chunk of chunks) tally.feed(chunk);
  return tally.end();
};
const specOf = (of: Case, operations = 6, trial = "0a51"): TallySpec => ({
  form: of.form,
  tokenIn: of.tokenIn,
  trial,
  operations,
});

/** Pieces that make both honest and hostile output: tokens of this and other trials, cut tokens, line ends, junk. */
const pieceOf = (of: Case): fc.Arbitrary<string> => {
  const token = fc
    .tuple(fc.constantFrom(0x0a51, 0x0a51, 0x0a52, 0xffff), fc.integer({ min: 0, max: 9 }))
    .map(([trial, operation]) => of.token(trial, operation));
  const cut = fc.tuple(token, fc.nat(24)).map(([whole, at]) => whole.slice(0, at));
  return fc.oneof(
    { weight: 4, arbitrary: token },
    { weight: 2, arbitrary: cut },
    {
      weight: 4,
      arbitrary: fc.constantFrom("\n", " ", '"', '"\n', ".", "TK-", "saddr=", '"address":"127.', "0", "é\0"),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  );
};
const textOf = (of: Case): fc.Arbitrary<string> =>
  fc.array(pieceOf(of), { maxLength: 40 }).map((pieces) => pieces.join(""));

const cutAt = (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
};

describe.each(CASES.map((of) => [`${of.tokenIn} as ${of.form.kind}`, of] as const))(
  "tally of %s",
  (_, of) => {
    test("counts what a slow implementation counts, wherever the stream is cut", () => {
      fc.assert(
        fc.property(textOf(of), fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
          const spec = specOf(of);
          expect(tallyOf(spec, cutAt(Buffer.from(text), cuts))).toEqual(naiveTally(text, of, spec));
        }),
        { numRuns: 500 },
      );
    });

    test("gives the same when fed byte by byte", () => {
      fc.assert(
        fc.property(textOf(of), (text) => {
          const bytes = Buffer.from(text);
          const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
          expect(tallyOf(specOf(of), single)).toEqual(tallyOf(specOf(of), [bytes]));
        }),
      );
    });

    test("does not care for the order of lines", () => {
      const lines = fc.array(
        textOf(of).map((text) => `${text.replaceAll("\n", " ")}\n`),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(
          lines.chain((whole) =>
            fc.tuple(fc.constant(whole), fc.shuffledSubarray(whole, { minLength: whole.length })),
          ),
          ([whole, shuffled]) => {
            const bytes = (of: readonly string[]): Buffer => Buffer.from(of.join(""));
            expect(tallyOf(specOf(of), [bytes(shuffled)])).toEqual(tallyOf(specOf(of), [bytes(whole)]));
          },
        ),
      );
    });

    test("survives binary junk around a token", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (before, after) => {
          const result = tallyOf(specOf(of), [before, Buffer.from(`\n${of.token(0x0a51, 3)}"\n`), after]);
          expect(result.delivered).toBe(1);
          expect(result.duplicates).toBe(0);
        }),
      );
    });

    test("counts a token once a line and tells duplicates by line", () => {
      const token = `${of.token(0x0a51, 1)}" `;
      const other = `${of.token(0x0a51, 2)}" `;
      const result = tallyOf(specOf(of), [
        Buffer.from(`${token}${other}${token}${other}\n${token}\n${other}`),
      ]);
      expect(result).toMatchObject({ delivered: 2, duplicates: 2, foreign: 0, lines: 3 });
    });

    test("keeps tokens of other trials, sentinels and warm-up apart", () => {
      const warmUp = of.tokenIn === "address" ? 0xf_0000 : 0x8000_0000;
      const text = [of.token(0x0a52, 1), of.token(0xffff, 1), of.token(0x0a51, warmUp), of.token(0x0a51, 6)]
        .map((token) => `${token}"\n`)
        .join("");
      expect(tallyOf(specOf(of), [Buffer.from(text)])).toMatchObject({
        delivered: 0,
        duplicates: 0,
        foreign: 4,
      });
    });

    test("reads a line that is far longer than its window", () => {
      const filler = Buffer.alloc(700_001, "x");
      const token = Buffer.from(`${of.token(0x0a51, 5)}"`);
      const result = tallyOf(specOf(of), [
        Buffer.concat([filler, token, filler, token, filler]),
        Buffer.from("\n"),
      ]);
      expect(result).toMatchObject({
        delivered: 1,
        duplicates: 0,
        lines: 1,
        bytes: 2_100_004 + 2 * token.length,
      });
    });
  },
);

describe("what is no token", () => {
  const count = (of: Case, text: string): number => tallyOf(specOf(of, 0x20), [Buffer.from(text)]).delivered;

  test.each([
    [EXEC, "TK-0a51-0000000\n", "a digit short"],
    [EXEC, "TK-0a51-000000011\n", "a digit too many"],
    [EXEC, "TK-0A51-00000001\n", "upper case"],
    [EXEC, "TK-0a51/00000001\n", "a file's token"],
    [FILE, "/w/TK-0a51-00000001\n", "an exec's token"],
    [FILE, "/w/TK-0a51/\n", "the directory"],
    [HIGH_VALUE, `${inHex("TK-0a51-0000000")}\n`, "a digit short"],
    [HIGH_VALUE, `${inHex("TK-0a51-000000011")}\n`, "a digit too many"],
    [HIGH_VALUE, `${inHex("TK-0a51/00000001")}\n`, "a file's token"],
    [HIGH_VALUE, "TK-0a51-00000001\n", "text"],
    [IPV4, '"address":"127.16.0"\n', "three octets"],
    [IPV4, '"address":"127.16.0.256"\n', "an octet above 255"],
    [IPV4, '"address":"127.16.0.1.2"\n', "five octets"],
    [IPV4, '"address":"128.16.0.1"\n', "not loopback"],
    [IPV4, '"source":"127.16.0.1"\n', "another field"],
    [SOCKADDR, "saddr=02009C3F7F1000\n", "cut short"],
    [SOCKADDR, "saddr=0A009C3F7F100001\n", "another family"],
    [SOCKADDR, "saddr=02009C3F0A100001\n", "not loopback"],
  ])("%#: %s", (of, text, _why) => {
    expect(count(of, text)).toBe(0);
  });

  test("is one that nothing ends yet, until something does", () => {
    const tally = createTally(specOf(IPV4, 0x20));
    tally.feed(Buffer.from('"address":"127.16.0.1'));
    expect(tally.end().delivered).toBe(0);
    tally.feed(Buffer.from('7"\n'));
    expect(tally.end()).toMatchObject({ delivered: 1, foreign: 0 });
  });
});

describe("a wrong request", () => {
  test("names the form that a token there cannot have", () => {
    expect(() => createTally({ ...specOf(IPV4), form: { kind: "text" } })).toThrow(
      /in the address cannot have the form "text"/,
    );
    expect(() => createTally({ ...specOf(EXEC), form: IPV4.form })).toThrow(
      /in the argument cannot have the form "ipv4"/,
    );
  });
  test("refuses a trial, a count or a prefix that cannot be", () => {
    expect(() => createTally(specOf(EXEC, 6, "A51"))).toThrow(/trial "A51"/);
    expect(() => createTally(specOf(EXEC, 1.5))).toThrow(/operations is 1.5/);
    expect(() => createTally({ ...specOf(IPV4), form: { kind: "ipv4", before: "" } })).toThrow(/not empty/);
  });
});

describe("a token that is spelled otherwise", () => {
  const delivered = (text: string, tokenIn: TokenPlace, form: TokenForm): number => {
    // Cut anywhere, since output comes in pieces.
    for (let cut = 0; cut <= text.length; cut += 1) {
      const tally = createTally({ form, tokenIn, trial: "0a1b", operations: 64 });
      tally.feed(Buffer.from(text.slice(0, cut)));
      tally.feed(Buffer.from(text.slice(cut)));
      if (tally.end().delivered !== 1) return tally.end().delivered;
    }
    return 1;
  };

  test.each([
    ["JSON that escapes it", String.raw`{"path":"\/srv\/f\/TK-0a1b\/00000003"}`],
    ["JSON inside of JSON", String.raw`{"m":"{\"path\":\"\\\/f\\\/TK-0a1b\\\/00000003\"}"}`],
    ["its number in Unicode", String.raw`{"path":"TK-0a1b\u002f00000003"}`],
    ["a URL", "file=%2Fsrv%2FTK-0a1b%2F00000003 "],
    ["itself", "/srv/TK-0a1b/00000003 "],
  ])("a slash as %s has it", (_, text) => {
    expect(delivered(text, "path", { kind: "text" })).toBe(1);
  });

  test.each([
    ["another character", "TK-0a1b:00000003 "],
    ["an escape without its backslash", "TK-0a1bu002f00000003 "],
    ["another escape", String.raw`TK-0a1b\u002e00000003 `],
    ["nothing", "TK-0a1b00000003 "],
  ])("%s is no slash", (_, text) => {
    expect(delivered(text, "path", { kind: "text" })).toBe(0);
  });

  const digits = Buffer.from("TK-0a1b-00000003").toString("hex");
  test.each([digits, digits.toUpperCase(), digits.replace("2d", "2D")])(
    "hexadecimal digits in either case: %s",
    (text) => {
      expect(delivered(`argv=6e6f6f7000${text}\n`, "argument", { kind: "hex" })).toBe(1);
    },
  );
});
