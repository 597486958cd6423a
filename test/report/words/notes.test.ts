/** Notes, failed checks, gaps and what is not measurable, in words. */
import { expect, test } from "vitest";
import type { CheckFailure, Gap, LedgerNote, NotMeasurable, Note } from "../../../src/domain/reason.ts";
import { gapText } from "../../../src/report/words/coverage.ts";
import { unmeasuredText } from "../../../src/report/words/failures.ts";
import { notMeasurableText } from "../../../src/report/words/not-measurable.ts";
import { ledgerNoteText, noteText } from "../../../src/report/words/notes.ts";
import { checkFailureText, sensitiveText } from "../../../src/report/words/self-checks.ts";

test.each<[Note, string]>([
  [{ kind: "emulated" }, "emulated: functional, no performance verdict"],
  [{ kind: "exploratory", blocks: 1, needed: 4 }, "exploratory: 1 block, an interval needs 4"],
  [{ kind: "exploratory", blocks: 3, needed: 4 }, "exploratory: 3 blocks, an interval needs 4"],
  [{ kind: "constant" }, "every block gave the same value"],
  [{ kind: "per-operation" }, "cost of an operation, not of an event: none is counted here"],
  [{ kind: "intervals-disagree" }, "the bootstrap and the t interval differ by more than 15 %"],
  [{ kind: "no-ratio" }, "no ratio: a value is not positive"],
  [
    { kind: "opposite-signs" },
    "difference and ratio point in opposite directions: the baselines of a block differ by more than the cost",
  ],
])("a note of an estimate: %j", (note, text) => {
  expect(noteText(note)).toBe(text);
});

test.each<[LedgerNote, string]>([
  [
    { kind: "silent", events: { low: 6, high: 6 }, share: 0.003 },
    "6 events lost in silence (at least 0.3 % of the operations)",
  ],
  [
    { kind: "silent", events: { low: 6, high: 1900 }, share: 0.003 },
    "6 to 1,900 events lost in silence (at least 0.3 % of the operations)",
  ],
  [
    { kind: "unattributed", events: 36_000 },
    "of 36,000 events it cannot be told whether its counter means them",
  ],
  [
    { kind: "behind", events: 15_000, windowMs: 103, lagMs: 353 },
    "a burst: 15,000 events in 103 ms, the last told of 353 ms later, so buffers held what it was behind with; a longer one may lose",
  ],
  [
    { kind: "no-counter", reasons: ["the agent was stopped"] },
    "no counter: lost events that the agent does not declare cannot be told from declared ones (the agent was stopped)",
  ],
  [
    { kind: "over-declared", excess: 3, trials: 2 },
    "in 2 trials it declares more than is missing, at least 3 events in all: its counter counts others' losses as well",
  ],
  [{ kind: "surplus", events: 1 }, "1 event delivered for operations that were not done"],
  [
    { kind: "undrained", undrained: 1, trials: 1 },
    "in 1 of 1 trial the output still grew when the wait ended: late events count as lost",
  ],
])("a note of the ledger: %j", (note, text) => {
  expect(ledgerNoteText(note)).toBe(text);
});

const AT = { scenario: "process-exec", operation: "exec", load: "closed", placement: "pinned" } as const;

const APART = { value: 900, low: 700, high: 1100 } as const;

test.each<[CheckFailure, string]>([
  [
    { kind: "aa", of: "baseline", at: AT, metric: "workload-cpu", difference: APART, margin: 500 },
    "A/A: the second baseline differs from the baseline on process-exec / exec (closed), Workload CPU time: by +900 ns/op [+700 ns/op, +1.1 us/op], and at most 500 ns/op would be nothing",
  ],
  [
    { kind: "carry-over", after: "auditd", at: AT, metric: "workload-cpu", difference: APART, margin: 500 },
    "carry-over: a baseline straight after auditd differs from the other on process-exec / exec (closed), Workload CPU time: by +900 ns/op [+700 ns/op, +1.1 us/op], and at most 500 ns/op would be nothing",
  ],
  [
    { kind: "known-cost", at: AT, slope: { value: 1.5, low: 1.456, high: 1.544 } },
    "known costs on process-exec / exec (closed) came back 1.50-fold [1.46, 1.54], which leaves out 0.9 to 1.1",
  ],
])("a check of the instrument that failed: %j", (failure, text) => {
  expect(checkFailureText(failure)).toBe(text);
});

test("a verdict that hangs on the noise", () => {
  expect(
    sensitiveText({
      ...AT,
      agent: "falco",
      metric: "workload-cpu",
      verdict: "no-detectable-cost",
      otherwise: "over",
    }),
  ).toBe(
    "falco on process-exec / exec (closed), workload-cpu: no-detectable-cost, but over with the first attempts",
  );
});

test.each<[Gap, string]>([
  [{ kind: "by-design", text: "files on tmpfs" }, "files on tmpfs"],
  [{ kind: "not-counted", text: "not counted: out of reach" }, "not counted: out of reach"],
  [{ kind: "partly", text: "it samples" }, "it samples"],
  [
    { kind: "not-run", agent: "execsnoop" },
    "execsnoop does not observe its events by design and was not run on it",
  ],
])("a gap in coverage: %j", (gap, text) => {
  expect(gapText(gap)).toBe(text);
});

test.each<[NotMeasurable, string]>([
  [{ kind: "recorded", text: "hardware counters: no PMU" }, "hardware counters: no PMU"],
  [
    { kind: "never-read", agent: "falco", metric: "agent-memory-peak", reasons: ["no memory cgroup", "x"] },
    "Agent memory, peak charged to its cgroup of falco: no memory cgroup; x",
  ],
])("what could not be measured: %j", (one, text) => {
  expect(notMeasurableText(one)).toBe(text);
});

test("why an agent was not measured", () => {
  expect(unmeasuredText({ kind: "skipped", reason: "no space" })).toBe("trials skipped: no space");
  expect(unmeasuredText({ kind: "failed", stage: "ready", message: "no sentinel" })).toBe(
    "failed at ready: no sentinel",
  );
});
