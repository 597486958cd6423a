import { expect, test } from "vitest";
import { runEvents } from "../../src/analyse/run-events.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { missing, value } from "../../src/domain/units.ts";
import { buildRecord, CLOSED } from "./support/record-builder.ts";

const built = (): readonly RecordLine[] => buildRecord({ blocks: 2, agents: ["falco"] });

test("a run begins, its trials and turns follow as they were recorded, and it ends", () => {
  const events = runEvents(built());
  expect(events.map(({ kind }) => kind)).toEqual([
    "run-began",
    ...Array.from({ length: 6 }, () => ["trial", "turn"]).flat(),
    "run-ended",
  ]);
  expect(events.every(({ counts }) => counts)).toBe(true);
  expect(events.at(-1)?.why).toBe("complete");
});

test("a trial says what was done, what the agent told of, and what its counter admits", () => {
  const lines = buildRecord({
    blocks: 1,
    agents: ["falco"],
    outcome: (_, usual) =>
      usual.ledger.kind === "counted"
        ? { ...usual, ledger: { ...usual.ledger, delivered: 290, duplicates: 2, declaredLost: value(4) } }
        : usual,
  });
  const trial = runEvents(lines).find(({ kind, agent }) => kind === "trial" && agent === "falco");
  expect(trial).toMatchObject({
    outcome: "measured",
    scenario: "process-exec",
    load: "closed",
    ledger: {
      operations: 300,
      delivered: 290,
      duplicates: 2,
      missing: 10,
      declaredLost: { low: 4, high: 4 },
      silentLost: { low: 6, high: 6 },
    },
  });
});

test("what could not be read is null, never 0", () => {
  const lines = buildRecord({
    blocks: 1,
    agents: ["falco"],
    outcome: (_, usual) => ({
      ...usual,
      outputBytes: missing("it is gone"),
      ledger:
        usual.ledger.kind === "counted"
          ? { ...usual.ledger, delivered: 290, declaredLost: missing("no counter") }
          : usual.ledger,
    }),
  });
  const trial = runEvents(lines).find(({ kind, agent }) => kind === "trial" && agent === "falco");
  expect(trial?.readings.outputBytes).toBeNull();
  expect(trial?.ledger?.declaredLost).toBeNull();
  expect(trial?.ledger?.silentLost).toBeNull();
  const baseline = runEvents(lines).find(({ kind, agent }) => kind === "trial" && agent === "baseline");
  expect(baseline?.readings.agentNs).toBeNull();
  expect(baseline).toMatchObject({ ledger: null, notCounted: "by-design" });
});

test("a failed trial says where and why", () => {
  const lines = buildRecord({
    blocks: 1,
    agents: ["falco"],
    outcome: ({ agent }, usual) =>
      agent === "falco"
        ? { kind: "failed", stage: "drain", message: "it hangs", lastLines: ["secret of a log"] }
        : usual,
  });
  const trial = runEvents(lines).find(({ kind, agent }) => kind === "trial" && agent === "falco");
  expect(trial).toMatchObject({ outcome: "failed", why: "drain: it hangs", ledger: null });
  expect(JSON.stringify(trial)).not.toContain("secret");
});

test("a block that a resumed run did again is there twice, and counts once", () => {
  const [header, ...body] = built();
  if (header?.type !== "header") throw new Error("a record begins with its header");
  const again = body
    .filter((line) => "block" in line && line.block === 1)
    .map((line): RecordLine => {
      if (line.type === "trial") return { ...line, startedAt: "2026-01-02T00:00:01.000Z" };
      return line.type === "turn" ? { ...line, endedAt: "2026-01-02T00:00:02.000Z" } : line;
    });
  const resume: RecordLine = {
    type: "resume",
    resumedAt: "2026-01-02T00:00:00.000Z",
    block: 1,
    host: header.host,
  };
  const events = runEvents([header, ...body.filter(({ type }) => type !== "end"), resume, ...again]);
  const ofBlock = events.filter(({ kind, block }) => kind === "trial" && block === 1);
  expect(ofBlock.map(({ counts }) => counts)).toEqual([false, false, false, true, true, true]);
  expect(events.filter(({ kind }) => kind === "run-resumed")).toHaveLength(1);
  expect(new Set(events.map(({ key }) => JSON.stringify(key))).size).toBe(events.length);
});

test("an attempt that was given up because of noise counts in nothing, and says why", () => {
  const lines = built().map((line): RecordLine =>
    line.type === "trial" && line.block === 0 && line.agent === "falco"
      ? { ...line, rejected: "others had a burst" }
      : line,
  );
  expect(runEvents(lines).filter(({ counts }) => !counts)).toMatchObject([
    { kind: "trial", agent: "falco", why: "others had a burst" },
  ]);
});

test("each technique that was tried, and one that the node cannot do", () => {
  const [header] = built();
  if (header === undefined) throw new Error("a record begins with its header");
  const claimed = { claimed: "right", claim: null } as const;
  const events = runEvents([
    header,
    {
      type: "coverage",
      id: "0042",
      agent: "falco",
      startedAt: "2026-01-01T00:00:05.000Z",
      outcome: {
        kind: "tried",
        settings: {},
        techniques: [
          { kind: "tried", technique: "open", times: 10, right: 6, otherwise: 1, ...claimed },
          { kind: "skipped", technique: "kexec", reason: "no kexec here" },
        ],
      },
      leftovers: [],
    },
  ]);
  expect(events.slice(1)).toMatchObject([
    { kind: "coverage", agent: "falco", outcome: "tried" },
    { kind: "technique", technique: "open", ledger: { operations: 10, delivered: 7, missing: 3 } },
    { kind: "technique", technique: "kexec", outcome: "skipped", why: "no kexec here", ledger: null },
  ]);
});

test("an overflow that was forced tells its losses apart from those of trials", () => {
  const [header] = built();
  if (header === undefined) throw new Error("a record begins with its header");
  const [, overflow] = runEvents([
    header,
    {
      type: "overflow",
      id: "0050",
      agent: "falco",
      scenario: "process-exec",
      load: CLOSED,
      startedAt: "2026-01-01T00:00:06.000Z",
      outcome: { kind: "skipped", reason: "nothing of it can be stopped" },
      leftovers: [],
    },
  ]);
  expect(overflow).toMatchObject({
    kind: "overflow",
    outcome: "skipped",
    why: "nothing of it can be stopped",
  });
});

test("lines without a header are no record", () => {
  expect(() => runEvents([])).toThrow(RangeError);
});
