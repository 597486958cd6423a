import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { CHAIN_START, digestOf, seal } from "../../src/record/chain.ts";
import { readWhole, recordPath } from "../../src/record/files.ts";
import { readRecord } from "../../src/record/reader.ts";
import { continueRecord, createRecord } from "../../src/record/writer.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";
import { HEADER, HOST, blockLine } from "../support/record-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let count = 0;
const newPath = (): string => join(folder, `${++count}.jsonl`);

const written = async (lines: readonly RecordLine[]): Promise<string> => {
  const path = newPath();
  const writer = await createRecord(path);
  for (const line of lines) await writer.append(line);
  await writer.close();
  return path;
};

const THREE = [HEADER, blockLine(0), blockLine(1)];

const FAILED = { kind: "failed", stage: "start", message: "it broke", lastLines: [] } as const;
const TURN: RecordLine = {
  type: "turn",
  block: 0,
  turn: 0,
  agent: "sensor",
  outcome: FAILED,
  leftovers: [],
  endedAt: "2026-01-01T00:00:01.000Z",
};

/** What a JSON file can hold of the lines. */
const asJson = (lines: readonly RecordLine[]): unknown => JSON.parse(JSON.stringify(lines));

describe("a record that is removed under its writer", () => {
  test("is made again with everything that was in it, folder and all, and its reader is told once", async () => {
    const path = join(folder, "results/run/record.jsonl");
    mkdirSync(join(folder, "results/run"), { recursive: true });
    let removed = 0;
    const writer = await createRecord(path, () => (removed += 1));
    await writer.append(HEADER);
    await writer.append(blockLine(0));
    rmSync(join(folder, "results"), { recursive: true });
    await writer.append(blockLine(1));
    await writer.append(blockLine(2));
    await writer.close();
    expect(removed).toBe(1);
    expect(await readRecord(path)).toMatchObject({
      problems: [],
      lines: [HEADER, blockLine(0), blockLine(1), blockLine(2)].map(({ type }) => ({ type })),
    });
  });

  test("is an error where it cannot be made again", async () => {
    const path = join(folder, "gone/record.jsonl");
    mkdirSync(join(folder, "gone"));
    const writer = await createRecord(path);
    await writer.append(HEADER);
    rmSync(join(folder, "gone"), { recursive: true });
    writeFileSync(join(folder, "gone"), "");
    await expect(writer.append(blockLine(0))).rejects.toMatchObject({ kind: "record-failed" });
    await expect(writer.close()).rejects.toMatchObject({ kind: "record-failed" });
  });
});

describe("a record", () => {
  test("is read back as it was written, whatever the text in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), async (texts) => {
        const lines: RecordLine[] = [{ ...HEADER, command: texts, run: texts.join("") }, blockLine(0)];
        const record = await readRecord(await written(lines));
        expect(record.problems).toEqual([]);
        expect(record.lines).toEqual(asJson(lines));
      }),
      { numRuns: 30 },
    );
  });

  test.each(["\u2028", "\u2029", "\r", "\r\n", "🦀", "שלום עולם", "مرحبا"])(
    "keeps %j in an agent's message, on one line for whatever reads it",
    async (text) => {
      const failed: RecordLine = { ...TURN, outcome: { ...FAILED, message: `a${text}b`, lastLines: [text] } };
      const path = await written([HEADER, failed, blockLine(0)]);
      expect(await readRecord(path)).toMatchObject({
        problems: [],
        lines: asJson([HEADER, failed, blockLine(0)]),
      });
      expect(readFileSync(path, "utf8").split(/[\r\n\u2028\u2029]/)).toHaveLength(4);
    },
  );

  test("that was compressed is read as before, and one that was cut off then up to there", async () => {
    const path = await written(THREE);
    const compressed = `${path}.gz`;
    const bytes = gzipSync(readFileSync(path));
    writeFileSync(compressed, bytes);
    const { lines, lastDigest } = await readRecord(path);
    expect(await readRecord(compressed)).toMatchObject({ problems: [], lines, lastDigest });
    writeFileSync(compressed, bytes.subarray(0, bytes.length - 20));
    const { problems } = await readRecord(compressed);
    expect(problems.at(-1)?.why).toContain("the file ends here or is damaged: unexpected end of file");
  });

  test("is compressed or not by what it holds, whatever its name is", async () => {
    const path = await written(THREE);
    const { lines, lastDigest } = await readRecord(path);
    const [bare, named] = [`${path}.old`, `${path}.gz`];
    writeFileSync(bare, gzipSync(readFileSync(path)));
    writeFileSync(named, readFileSync(path));
    for (const other of [bare, named]) {
      expect(await readRecord(other)).toMatchObject({ problems: [], lines, lastDigest });
      expect(await readWhole(other)).toEqual(readFileSync(path));
    }
  });

  test("is found in its folder, compressed too", async () => {
    const place = join(folder, `${++count}`);
    mkdirSync(place);
    const plain = join(place, "record.jsonl");
    expect(await recordPath(place)).toBe(plain);
    writeFileSync(`${plain}.gz`, "");
    expect(await recordPath(place)).toBe(`${plain}.gz`);
    writeFileSync(plain, "");
    expect(await recordPath(place)).toBe(plain);
    expect(await recordPath(`${plain}.gz`)).toBe(`${plain}.gz`);
  });

  test("of a tare that left U+2028 as it stands is still whole, and goes on", async () => {
    const line = { ...TURN, outcome: { ...FAILED, message: "a\u2028b" } };
    const first = seal(CHAIN_START, HEADER);
    const json = JSON.stringify(line);
    const digest = digestOf(first.digest, json);
    const path = newPath();
    writeFileSync(path, `${first.text}\n${json.slice(0, -1)},"digest":"${digest}"}\n`);
    const record = await readRecord(path);
    expect(record).toMatchObject({ problems: [], lastDigest: digest, lines: asJson([HEADER, line]) });
    const writer = await continueRecord(path, record.whole);
    await writer.append(blockLine(0));
    await writer.close();
    expect((await readRecord(path)).problems).toEqual([]);
  });

  test("whose lines an editor ended with two characters, behind a mark of its own, is read", async () => {
    const path = await written(THREE);
    writeFileSync(path, `\uFEFF${readFileSync(path, "utf8").replaceAll("\n", "\r\n")}`);
    expect(await readRecord(path)).toMatchObject({
      problems: [],
      whole: { lines: 3, bytes: statSync(path).size },
    });
  });

  test("is on disk line by line, before it is closed", async () => {
    const path = newPath();
    const writer = await createRecord(path);
    await writer.append(HEADER);
    expect((await readRecord(path)).lines).toHaveLength(1);
    await writer.append(blockLine(0));
    expect((await readRecord(path)).lines).toHaveLength(2);
    await writer.close();
  });

  test("is never overwritten", async () => {
    await expect(createRecord(await written(THREE))).rejects.toThrow(/cannot create the record/);
  });

  test("that was cut off in its last line keeps the others and names the line", async () => {
    const path = await written(THREE);
    writeFileSync(path, readFileSync(path).subarray(0, -40));
    const record = await readRecord(path);
    expect(record.lines).toEqual(asJson(THREE.slice(0, 2)));
    expect(record.problems).toEqual([{ line: 3, why: expect.stringContaining("cut off or changed") }]);
  });

  test("with a changed figure names the line, does not use it, and does not blame the lines after it", async () => {
    const path = await written(THREE);
    writeFileSync(path, readFileSync(path, "utf8").replace('"durationMs":1000', '"durationMs":1001'));
    const record = await readRecord(path);
    expect(record.lines).toHaveLength(2);
    expect(record.problems).toEqual([{ line: 2, why: expect.stringContaining("digest does not match") }]);
  });

  test("that goes on on another machine names the line and what differs", async () => {
    const resume = (kernel: string): RecordLine => ({
      type: "resume",
      resumedAt: "2026-01-02T00:00:00.000Z",
      block: 1,
      host: { ...HOST, kernel },
    });
    expect((await readRecord(await written([HEADER, blockLine(0), resume(HOST.kernel)]))).problems).toEqual(
      [],
    );
    const mixed = await readRecord(
      await written([HEADER, blockLine(0), resume("6.12.0-other"), blockLine(1)]),
    );
    expect(mixed.lines).toHaveLength(4);
    expect(mixed.problems).toEqual([
      {
        line: 3,
        why: 'goes on on another machine than it was begun on: kernel is "6.12.0-other" and was "6.1.0-test"',
      },
    ]);
  });

  test("with a line taken out names the line after the gap", async () => {
    const path = await written(THREE);
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, [lines[0], lines[2], ""].join("\n"));
    expect((await readRecord(path)).problems).toEqual([
      { line: 2, why: expect.stringContaining("missing or changed") },
    ]);
  });

  test("goes on after its last whole line, cutting off the half one", async () => {
    const path = await written(THREE.slice(0, 2));
    appendFileSync(path, '{"type":"block","bl');
    const broken = await readRecord(path);
    expect(broken.problems).toHaveLength(1);
    const writer = await continueRecord(path, broken.whole);
    await writer.append(blockLine(1));
    await writer.close();
    const whole = await readRecord(path);
    expect(whole.problems).toEqual([]);
    expect(whole.lines).toEqual(asJson(THREE));
  });

  test("that was cut off between its last line and that line's end goes on with a line of its own", async () => {
    const path = await written(THREE.slice(0, 2));
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    const cut = await readRecord(path);
    expect(cut).toMatchObject({ problems: [], whole: { lines: 2 } });
    const writer = await continueRecord(path, cut.whole);
    await writer.append(blockLine(1));
    await writer.close();
    expect(await readRecord(path)).toMatchObject({ problems: [], lines: asJson(THREE) });
    expect(existsSync(`${path}.rest`)).toBe(false);
  });

  test("that is gone on with keeps beside it what is cut off, each time", async () => {
    const path = await written(THREE.slice(0, 2));
    for (const half of ['{"type":"block","bl', '{"type":"tri']) {
      appendFileSync(path, half);
      const writer = await continueRecord(path, (await readRecord(path)).whole);
      await writer.close();
    }
    expect(readFileSync(`${path}.rest`, "utf8")).toBe('{"type":"block","bl{"type":"tri');
    expect(await readRecord(path)).toMatchObject({ problems: [], lines: asJson(THREE.slice(0, 2)) });
  });

  test("that cannot be gone on with is an error that names it", async () => {
    const gone = join(folder, "gone.jsonl");
    await expect(continueRecord(gone, { bytes: 0, digest: CHAIN_START })).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("gone.jsonl") as string,
    });
  });

  test.each([
    ["", /is not a tare record: it is empty/],
    ["hello\n", /is not a tare record: line 1: cut off or changed/],
    ['{"a":1}\n', /is not a tare record/],
  ])("a foreign file %j is refused", async (text, expected) => {
    const path = newPath();
    writeFileSync(path, text);
    await expect(readRecord(path)).rejects.toThrow(expected);
  });

  test("from a newer tare is refused with the version that wrote it", async () => {
    const path = await written([{ ...HEADER, schema: 99 as 1, tool: { ...HEADER.tool, version: "9.9.9" } }]);
    const error = await readRecord(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TareError);
    expect(error).toMatchObject({
      message: expect.stringContaining("record schema 99"),
      hint: expect.stringContaining("9.9.9"),
    });
  });

  test.each<[string, object, RegExp]>([
    ["no plan", { plan: undefined }, /is not a tare record: line 1: "plan" is missing/],
    [
      "a host without a name",
      { host: { ...HOST, hostname: undefined } },
      /line 1: "host\.hostname" is missing/,
    ],
    [
      "agents that are none",
      { agents: ["sensor"] },
      /line 1: "agents\[0\]" must be an object, found "sensor"/,
    ],
    [
      "a start at no time",
      { startedAt: "soon" },
      /line 1: "startedAt" must be a time such as .*, found "soon"/,
    ],
  ])("with %s in its header is refused with the field", async (_, change, expected) => {
    await expect(readRecord(await written([{ ...HEADER, ...change }]))).rejects.toThrow(expected);
  });

  const trial = buildRecord({ blocks: 1, agents: [] }).find(
    (line) => line.type === "trial" && line.outcome.kind === "measured",
  );
  const changed = (change: (text: string) => string): RecordLine =>
    JSON.parse(change(JSON.stringify(trial))) as RecordLine;

  test.each<[RecordLine, string]>([
    [{ ...TURN, outcome: null as never }, '"outcome" must be an object, found null'],
    [
      { ...TURN, outcome: { kind: "began" } as never },
      '"outcome.kind" must be one of started, failed, found "began"',
    ],
    [
      changed((text) => text.replace(/"count":(\d+)/, '"count":"$1"')),
      '"outcome.driver.operations[0].count" must be a number, found "300"',
    ],
    [changed((text) => text.replace('"attempt"', '"attempts"')), '"attempt" is missing'],
    [
      changed((text) =>
        text.replace(/"cpuPressurePercent":\{[^}]*\}/, '"cpuPressurePercent":{"kind":"value"}'),
      ),
      '"outcome.noise.cpuPressurePercent.value" is missing',
    ],
  ])(
    "with a sealed line that is none names the line and the field, and keeps the others (%#)",
    async (line, why) => {
      const record = await readRecord(await written([HEADER, line, blockLine(0)]));
      expect(record.problems).toEqual([
        { line: 2, why: expect.stringContaining(`not used, because ${why}`) },
      ]);
      expect(record.lines.map(({ type }) => type)).toEqual(["header", "block"]);
    },
  );

  test.each(["record.jsonl", "guests/amd64/record.jsonl", "guests/arm64/record.jsonl"])(
    "that an older tare wrote is read whole (results/examples/%s)",
    async (name) => {
      const record = await readRecord(join(import.meta.dirname, "../../results/examples", name));
      expect(record.problems).toEqual([]);
      expect(record.lines.at(-1)).toMatchObject({ type: "end" });
    },
  );

  test("of whatever the run can write has no misshapen line", async () => {
    const lines = buildRecord({ blocks: 2, agents: ["probe"] });
    expect((await readRecord(await written(lines))).problems).toEqual([]);
  });

  test("that does not start with a header is refused", async () => {
    await expect(readRecord(await written([blockLine(0)]))).rejects.toThrow(/first line is a "block" line/);
  });

  test("that does not exist is a usage error with the path", async () => {
    await expect(readRecord(join(folder, "none.jsonl"))).rejects.toThrow(/none\.jsonl/);
  });
});
