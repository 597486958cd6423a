/** A node's record out of its pod's log, whatever the log went through. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ClusterError, type FollowOptions } from "../../../src/k8s/cluster.ts";
import { collect, type Heard, type Receiving } from "../../../src/k8s/collect/collect.ts";
import { packedText, recordText, writeNodeLine } from "../../../src/k8s/node/lines.ts";
import { createArrival } from "../../../src/record/arrival.ts";
import { CHAIN_START, seal } from "../../../src/record/chain.ts";
import { blockLine, HEADER } from "../../support/record-lines.ts";

let digest = CHAIN_START;
const RECORD = [HEADER, ...Array.from({ length: 7 }, (_, block) => blockLine(block))].map((line) => {
  const sealed = seal(digest, line);
  ({ digest } = sealed);
  return sealed.text;
});
const DONE = writeNodeLine({ tare: "done", exitCode: 0, blocks: 7, said: "fine" });
const LOG = [
  "a note of the run",
  recordText(0, RECORD[0] ?? ""),
  writeNodeLine({ tare: "want", agent: "daemonset:kube-system/tetragon", state: "off", turn: 1, within: 60 }),
  recordText(1, RECORD[1] ?? ""),
  packedText(2, RECORD.slice(2, 6)),
  recordText(6, RECORD[6] ?? ""),
  recordText(7, RECORD[7] ?? ""),
  DONE,
];

/** What a reading of the log gives: lines, and how it ends. */
type Reading = {
  readonly lines: readonly string[];
  readonly end?: "unreachable" | "not-found" | "forbidden";
};

const clusterOf = (readings: readonly Reading[]) => {
  const asked: FollowOptions[] = [];
  return {
    asked,
    followLog: async function* (_namespace: string, _pod: string, options: FollowOptions = {}) {
      const reading = readings[Math.min(asked.length, readings.length - 1)] ?? { lines: [] };
      asked.push(options);
      yield* reading.lines;
      await Promise.resolve();
      if (reading.end !== undefined) throw new ClusterError(reading.end, `told: ${reading.end}`);
    },
  };
};

const receiving = () => {
  const arrival = createArrival();
  const written: string[] = [];
  const receiver: Receiving = {
    take: async (index, text) => {
      const arrived = arrival.take(index, text);
      if (arrived.kind === "taken") written.push(...arrived.texts);
      return await Promise.resolve(arrived);
    },
    lines: () => arrival.lines(),
    early: () => arrival.waiting().length,
    close: async () =>
      await Promise.resolve(
        arrival.waiting().length === 0
          ? []
          : [{ first: arrival.lines() + 1, last: arrival.waiting()[0]?.index ?? 0 }],
      ),
  };
  return { receiver, written };
};

const clockOf = () => {
  let now = 0;
  return {
    now: () => new Date(now),
    elapsedMs: () => now,
    sleep: async (ms: number) => {
      now += ms;
      await Promise.resolve();
    },
  };
};

const gathered = async (readings: readonly Reading[], follow = true) => {
  const cluster = clusterOf(readings);
  const { receiver, written } = receiving();
  const heard: Heard[] = [];
  const collected = await collect(cluster, {
    namespace: "tare",
    pod: "p",
    receiver,
    follow,
    clock: clockOf(),
    onHeard: (one) => heard.push(one),
  });
  return { collected, written, heard, asked: cluster.asked };
};

test("a whole log gives the record word for word, packed lines unpacked, and what was said", async () => {
  const { collected, written, heard } = await gathered([{ lines: LOG }]);
  expect(written).toEqual(RECORD);
  expect(collected).toEqual({
    lines: 8,
    gaps: [],
    done: { tare: "done", exitCode: 0, blocks: 7, said: "fine" },
  });
  expect(heard.map(({ kind }) => kind)).toEqual([
    "note",
    "record",
    "said",
    ...Array.from({ length: 7 }, () => "record"),
    "said",
  ]);
});

test("a connection that breaks is taken up behind the last whole line", async () => {
  for (let cut = 0; cut <= LOG.length; cut++) {
    const { collected, written, asked, heard } = await gathered([
      { lines: LOG.slice(0, cut), end: "unreachable" },
      { lines: LOG.slice(cut) },
    ]);
    expect(written).toEqual(RECORD);
    expect(collected.gaps).toEqual([]);
    expect(asked.map(({ fromLine }) => fromLine)).toEqual([0, cut]);
    expect(heard).toHaveLength(11);
  }
});

test("a line that came torn is asked for again, and is whole then", async () => {
  for (const at of [1, 3, 4, 6]) {
    const torn = LOG.map((line, index) => (index === at ? line.slice(0, -9) : line));
    const { collected, written, asked } = await gathered([{ lines: torn }, { lines: LOG }]);
    expect(written).toEqual(RECORD);
    expect(collected).toMatchObject({ lines: 8, gaps: [] });
    expect(collected.broken).toBeUndefined();
    expect(asked[1]?.follow).toBe(false);
  }
});

test("a line that stays torn is named, and what comes behind it is kept", async () => {
  const torn = LOG.map((line, index) => (index === 3 ? line.slice(0, -9) : line));
  const { collected, written, asked } = await gathered([{ lines: torn }]);
  expect(written).toEqual(RECORD.slice(0, 1));
  expect(collected).toMatchObject({ lines: 1, gaps: [{ first: 2, last: 2 }], done: { exitCode: 0 } });
  expect(collected.broken).toMatch(/is no JSON/);
  expect(asked).toHaveLength(3);
});

test("what the node's log no longer has is told by its lines", async () => {
  const { collected } = await gathered([{ lines: LOG.slice(5) }]);
  expect(collected).toMatchObject({ lines: 0, gaps: [{ first: 1, last: 6 }] });
});

test("a changed line is no part of the record", async () => {
  const changed = LOG.map((line) => line.replace('\\"durationMs\\":1000', '\\"durationMs\\":1'));
  const { collected } = await gathered([{ lines: changed }]);
  expect(collected).toMatchObject({ lines: 1, broken: "line 2 does not follow the one before it" });
});

test("a pod that went keeps what came of it", async () => {
  const { collected, written } = await gathered([{ lines: LOG.slice(0, 4), end: "not-found" }]);
  expect(written).toEqual(RECORD.slice(0, 2));
  expect(collected).toEqual({ lines: 2, gaps: [], gone: "told: not-found" });
});

test("what is forbidden, and a cluster that stays silent, ends it", async () => {
  await expect(gathered([{ lines: [], end: "forbidden" }])).rejects.toMatchObject({ kind: "forbidden" });
  await expect(gathered([{ lines: [], end: "unreachable" }])).rejects.toMatchObject({ kind: "unreachable" });
});

test("wherever a log is cut, torn and rotated away, no line is written that was not, and none twice", async () => {
  const reading = fc.record({
    from: fc.nat(LOG.length),
    to: fc.nat(LOG.length),
    torn: fc.option(fc.nat(LOG.length), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(reading, { minLength: 1, maxLength: 4 }), async (all) => {
      const readings = all.map(({ from, to, torn }, index): Reading => ({
        lines: LOG.slice(from, to).map((line, at) => (at === torn ? line.slice(0, line.length / 2) : line)),
        ...(index === all.length - 1 ? {} : { end: "unreachable" as const }),
      }));
      const { written, collected } = await gathered(readings);
      expect(written).toEqual(RECORD.slice(0, written.length));
      expect(collected.lines).toBe(written.length);
    }),
    { numRuns: 200 },
  );
});

test("a log that cannot be read for a while is told of, once in each silence", async () => {
  const { receiver } = receiving();
  const told: string[] = [];
  const silence: Reading[] = Array.from({ length: 30 }, () => ({ lines: [], end: "unreachable" }));
  const readings: Reading[] = [
    { lines: [], end: "unreachable" },
    ...silence,
    { lines: LOG.slice(0, 2), end: "unreachable" },
    // A kubelet that starts anew is silent for as long, and nobody need hear of it.
    ...silence.slice(0, 5),
    { lines: LOG.slice(2, 3), end: "unreachable" },
    ...silence,
    { lines: LOG.slice(3) },
  ];
  const { done } = await collect(clusterOf(readings), {
    namespace: "tare",
    pod: "node",
    follow: true,
    receiver,
    clock: clockOf(),
    onSilence: (why) => told.push(why),
  });
  expect(done?.exitCode).toBe(0);
  expect(told).toEqual(["told: unreachable", "told: unreachable"]);
});
