/** What a pod prints is read again as it was, and what is no such line harms nothing. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type NodeLine,
  packedText,
  readNodeLine,
  recordText,
  writeNodeLine,
} from "../../../src/k8s/node/lines.ts";
import { missing, value } from "../../../src/domain/units.ts";

const AGENT = "daemonset:kube-system/tetragon";

const PREFLIGHT: NodeLine = {
  tare: "preflight",
  protocol: 1,
  bench: "b1",
  node: "node-a",
  version: "0.1.0",
  architecture: "x86_64",
  kernel: "6.12.0",
  btf: true,
  lockdown: missing("no securityfs"),
  cgroup: "v2",
  capabilities: ["CAP_BPF"],
  seccomp: value("off"),
  cpus: [4, 5],
  nodeCpus: value(8),
  freeBytes: value(1e9),
  agents: [
    {
      agent: AGENT,
      product: "tetragon",
      version: missing("nothing tells it"),
      pods: [{ name: "tetragon-abcde", uid: "u", processes: 3, programs: ["tetragon"] }],
      outputs: [],
    },
  ],
  lacking: [],
};

const SAID: readonly NodeLine[] = [
  PREFLIGHT,
  { tare: "want", agent: AGENT, state: "off", turn: 1, within: 90 },
  { tare: "seen", agent: AGENT, state: "off", turn: 1 },
  { tare: "done", exitCode: 0, blocks: 12, said: "12 trials measured" },
];

describe("a line of the protocol", () => {
  test.each(SAID.map((line) => [line.tare, line] as const))("%s is read as it was written", (_, line) => {
    const text = writeNodeLine(line);
    expect(text).not.toContain("\n");
    expect(text.startsWith('{"tare":')).toBe(true);
    expect(readNodeLine(text)).toEqual({ kind: "said", line });
  });

  test("of a later tare may say more", () => {
    const text = writeNodeLine(SAID[2] ?? PREFLIGHT).replace(/\}$/, ',"after":"12 s"}');
    expect(readNodeLine(text)).toMatchObject({ kind: "said", line: { state: "off", turn: 1 } });
  });

  test.each([
    ["cut off", '{"tare":"want","agent":"daemonset:a/b","sta', /no JSON/],
    ["of a kind that there is not", '{"tare":"wish"}', /cannot be "wish"|must be one of/],
    [
      "about what is no DaemonSet",
      '{"tare":"seen","agent":"falco","state":"on","turn":1}',
      /"agent" must match/,
    ],
    [
      "with a count that is none",
      '{"tare":"done","exitCode":0,"blocks":-1,"said":""}',
      /"blocks" must be at least 0/,
    ],
    [
      "packed with what is no gzip",
      '{"tare":"packed","index":3,"count":1,"gzip":"AAAA"}',
      /line 3 .* cannot be unpacked/,
    ],
  ])("that is %s is told as damaged", (_, text, why) => {
    const read = readNodeLine(text);
    expect(read).toMatchObject({ kind: "damaged", why: expect.stringMatching(why) as string });
  });

  test.each(["", "warning: left on the node", '{"level":"info"}', "} {"])("%j is a note", (text) => {
    expect(readNodeLine(text)).toEqual({ kind: "note", text });
  });
});

/** Anything that stands in a line of a record: no line feed. */
const recordLine = fc.string({ unit: "grapheme", maxLength: 300 }).map((text) => text.replaceAll("\n", " "));

describe("a record's line", () => {
  test("comes out exactly as it went in, whatever is in it", () => {
    fc.assert(
      fc.property(fc.nat(), recordLine, (index, text) => {
        expect(readNodeLine(recordText(index, text))).toEqual({ kind: "lines", index, lines: [text] });
      }),
    );
  });

  test("comes out of a pack exactly as it went in, with its neighbours", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(recordLine, { minLength: 1, maxLength: 20 }), (index, lines) => {
        expect(readNodeLine(packedText(index, lines))).toEqual({ kind: "lines", index, lines });
      }),
    );
  });

  test("that a container runtime would cut goes out packed, and shorter", () => {
    const text = JSON.stringify({ counts: Array.from({ length: 8000 }, (_, bucket) => bucket % 7) });
    expect(text.length).toBeGreaterThan(8192);
    const packed = recordText(5, text);
    expect(packed.startsWith('{"tare":"packed","index":5,"count":1,')).toBe(true);
    expect(packed.length).toBeLessThan(8192);
    expect(readNodeLine(packed)).toEqual({ kind: "lines", index: 5, lines: [text] });
  });

  test("that is missing from a pack is noticed", () => {
    const text = packedText(5, ["a", "b"]).replace('"count":2', '"count":3');
    expect(readNodeLine(text)).toMatchObject({
      kind: "damaged",
      why: expect.stringContaining("2 lines") as string,
    });
  });
});
