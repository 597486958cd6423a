/** Measuring into a record on a node made of data: where it starts, what it tells, and what it leaves behind. */
import { expect, test } from "vitest";
import { wallLimit } from "../../src/domain/bounds.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { missing } from "../../src/domain/units.ts";
import { expectedSeconds } from "../../src/plan/duration.ts";
import { measure } from "../../src/session/measure.ts";
import type { SessionEvent } from "../../src/session/session.ts";
import { BASELINE_AGENT, type Behaviour, SCENARIO, WATCHER, fakeRun } from "../run/fake-run.ts";
import { UNSET_KERNEL } from "../support/kernel-state.ts";

const agents = new Map([BASELINE_AGENT, WATCHER].map((agent) => [agent.id, agent]));
const scenarios = new Map([[SCENARIO.id, SCENARIO]]);
const before = {
  bpf: missing("not asked"),
  audit: missing("not asked"),
  preload: "",
  mounts: [],
  mountOptions: {},
  left: [],
  kernel: UNSET_KERNEL,
};

const measured = async (
  recorded: readonly RecordLine[],
  signal = new AbortController().signal,
  onTrial: Behaviour["onTrial"] = () => undefined,
) => {
  const { host, plan } = fakeRun({ blocks: 3, onTrial });
  const events: SessionEvent[] = [];
  const lines: RecordLine[] = [];
  const session = {
    host,
    journalDirectory: "",
    startedMs: 0,
    agents: () => Promise.resolve(agents),
    scenarios: () => Promise.resolve(scenarios),
    tell: (event: SessionEvent) => void events.push(event),
  };
  const append = (line: RecordLine): Promise<void> => {
    lines.push(line);
    return Promise.resolve();
  };
  const failure = await measure(session, { plan, agents, scenarios, before, recorded, append }, signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  const blocks = lines.flatMap((line) => (line.type === "block" ? [line.block] : []));
  return { host, plan, lines, blocks, events, failure };
};

const block = (index: number): RecordLine => ({ type: "block", block: index, durationMs: 1 });

test("a new run measures every block and tells when it begins and how it ended", async () => {
  const { blocks, events, lines, plan } = await measured([]);
  expect(blocks).toEqual([0, 1, 2]);
  expect(lines.at(-1)).toMatchObject({ type: "end", reason: "complete", blocks: 3 });
  const [first] = events;
  expect(first).toMatchObject({ kind: "measuring", plan });
  expect(events.at(-1)).toEqual({
    kind: "measured",
    outcome: { reason: "complete", blocks: 3 },
    planned: 3,
  });
});

test("a resumed run starts at the first unfinished block", async () => {
  expect((await measured([block(0), block(1)])).blocks).toEqual([2]);
});

test("whatever happens, the harness goes back to all CPUs and its folders go", async () => {
  for (const aborted of [false, true]) {
    const { host, blocks, failure } = await measured([], aborted ? AbortSignal.abort("enough") : undefined);
    expect([failure, blocks.length]).toEqual(aborted ? ["enough", 0] : [undefined, 3]);
    expect(host.done.slice(-3)).toEqual([
      expect.stringMatching(/^undo directory \/var\/tmp\/tare-\d+-[0-9a-f]{6}\/f$/),
      expect.stringMatching(/^undo directory \/var\/tmp\/tare-\d+-[0-9a-f]{6}$/),
      `run taskset --all-tasks --cpu-list --pid 0,1 ${process.pid}`,
    ]);
  }
});

test("a run that takes several times what it was to take is ended, put back, and can be resumed", async () => {
  const limitMs = 1000 * wallLimit(expectedSeconds(fakeRun({ blocks: 3 }).plan, false));
  const takingMs = async (ms: number) => {
    let trials = 0;
    const run = await measured([], undefined, (_, host) => {
      // In the second block.
      if (++trials === 4) void host.pass(ms);
    });
    return { ...run, trials };
  };
  const slow = await takingMs(limitMs / 2);
  expect([slow.failure, slow.blocks]).toEqual([undefined, [0, 1, 2]]);

  const { host, failure, blocks, lines, trials } = await takingMs(limitMs);
  expect(failure).toMatchObject({
    kind: "interrupted",
    message: expect.stringMatching(
      /^the run was ended after \d+ s, several times what it was to take; everything measured/,
    ) as string,
    hint: expect.stringContaining("--resume") as string,
  });
  expect([blocks, trials]).toEqual([[0], 4]);
  expect(lines.filter(({ type }) => type === "trial")).toHaveLength(3);
  const folders = (what: string): readonly string[] =>
    host.done.flatMap((step) => (step.startsWith(`${what} directory `) ? [step.slice(what.length)] : []));
  expect(folders("do").length).toBeGreaterThanOrEqual(2);
  expect(folders("undo").toSorted()).toEqual(folders("do").toSorted());
  expect((await measured(lines)).blocks).toEqual([1, 2]);
});
