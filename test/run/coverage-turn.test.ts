/** Techniques tried on a node made of data: after the blocks, in a line of their own, by what the agent wrote. */
import { describe, expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import type { CoverageLine } from "../../src/domain/record.ts";
import { type Behaviour, fakeRun, type FakeRun, WATCHER } from "./fake-run.ts";

const READING = defineAgent({
  ...WATCHER,
  coverage: {
    notes: [],
    claims: [{ of: ["open-io-uring"], claimed: "nothing", why: "it hooks system calls" }],
  },
  telling: { deeds: { open: /^open / }, pid: /pid=(\d+)/ },
});

const TECHNIQUES = ["open-openat", "open-io-uring", "open-dirfd", "open-handle"];

/** What the program says, and what the agent writes of it. */
const SAID = [
  { technique: "open-openat", pid: 7, marks: ["TK-0a-1"], objects: [["/f/TK-0a-1"]] },
  { technique: "open-io-uring", pid: 8, marks: ["TK-0a-2"], objects: [["/f/TK-0a-2"]] },
  { technique: "open-dirfd", pid: 9, marks: ["TK-0a-3"], objects: [["/f/TK-0a-3"]] },
  { technique: "open-handle", skipped: "open_by_handle_at: Operation not permitted" },
  { coverage: "done" },
];
const WRITTEN = "open pid=7 path=/f/TK-0a-1\nopen pid=9 path=TK-0a-3 cwd=/tare\n";

const coverageRun = (behaviour: Behaviour = {}): FakeRun =>
  fakeRun({
    agents: [READING],
    techniques: TECHNIQUES,
    coverage: { said: SAID.map((line) => JSON.stringify(line)), written: WRITTEN },
    ...behaviour,
  });

const linesOf = ({ lines }: FakeRun): readonly CoverageLine[] =>
  lines.filter((line): line is CoverageLine => line.type === "coverage");

describe("a coverage turn", () => {
  test("comes after all blocks, once an agent, and is no trial of any block", async () => {
    const run = coverageRun({ blocks: 2 });
    await run.run();
    expect(run.lines.map(({ type }) => type).slice(-3)).toEqual(["block", "coverage", "end"]);
    const [line] = linesOf(run);
    expect(run.trials("watcher").map(({ id }) => id)).not.toContain(line?.id);
    expect(run.events).toContainEqual({ kind: "coverage", agent: "watcher" });
  });

  test("tells of each technique what the agent wrote, beside what it claims", async () => {
    const run = coverageRun();
    await run.run();
    const counts = { kind: "tried", times: 1 } as const;
    expect(linesOf(run)).toMatchObject([
      {
        agent: "watcher",
        outcome: {
          kind: "tried",
          settings: { buffer: "small" },
          techniques: [
            { ...counts, technique: "open-openat", right: 1, otherwise: 0, claimed: "right", claim: null },
            {
              ...counts,
              technique: "open-io-uring",
              right: 0,
              otherwise: 0,
              claimed: "nothing",
              claim: "it hooks system calls",
            },
            {
              ...counts,
              technique: "open-dirfd",
              right: 0,
              otherwise: 1,
              example: "open pid=9 path=TK-0a-3 cwd=TARE",
            },
            {
              kind: "skipped",
              technique: "open-handle",
              reason: "open_by_handle_at: Operation not permitted",
            },
          ],
        },
        leftovers: [],
      },
    ]);
  });

  test("is not made for an agent whose output is not read, and the plan says why", async () => {
    const run = coverageRun({ agents: [WATCHER] });
    await run.run();
    expect(linesOf(run)).toEqual([]);
    expect(run.plan.coverage).toMatchObject({ turns: [], untried: [{ agent: "watcher" }] });
    expect(run.host.done.filter((step) => step.startsWith("start watcher"))).toHaveLength(1);
  });

  test("is skipped where its owner's configuration shows no sentinel, and never says that it did not see", async () => {
    const run = coverageRun({
      agents: [
        defineAgent({
          ...READING,
          costOnly: true,
          start: async (host, context) => ({ ...(await READING.start(host, context)), outputs: [] }),
        }),
      ],
    });
    await run.run();
    expect(linesOf(run)).toMatchObject([
      {
        outcome: { kind: "skipped", reason: expect.stringContaining("no event of file that tare can count") },
      },
    ]);
  });

  test("skips the techniques of a family that is not counted, and tries the others", async () => {
    const agent = defineAgent({ ...READING, observes: ["file", "network"], uncounted: ["network"] });
    const said = [
      ...SAID.slice(0, 1),
      { technique: "connect-tcp", pid: 10, marks: ["127.1.2.3"], objects: [["127.1.2.3"]] },
    ];
    const run = coverageRun({
      agents: [agent],
      techniques: ["open-openat", "connect-tcp", "change-unlink"],
      coverage: {
        said: [
          ...said,
          { technique: "change-unlink", pid: 11, marks: ["TK-0a-5"], objects: [["/f/TK-0a-5"]] },
          { coverage: "done" },
        ].map((line) => JSON.stringify(line)),
        written: WRITTEN,
      },
    });
    await run.run();
    const [line] = linesOf(run);
    expect(line?.outcome).toMatchObject({
      kind: "tried",
      techniques: [
        { kind: "tried", technique: "open-openat", right: 1 },
        { kind: "skipped", technique: "connect-tcp", reason: expect.stringContaining("no event of network") },
        // Nobody asks it for that, whatever is counted.
        { kind: "tried", technique: "change-unlink", right: 0, claimed: "nothing" },
      ],
    });
  });

  test("fails, and stops what was started, when the program ends before it is done", async () => {
    const run = coverageRun({ coverage: { said: [JSON.stringify(SAID[0])], written: "", ends: true } });
    await run.run();
    expect(linesOf(run)).toMatchObject([{ outcome: { kind: "failed", stage: "coverage" } }]);
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "complete" });
    expect(run.host.processes.every((process) => process.exit() !== undefined)).toBe(true);
  });

  test("is not done again when a record holds it", async () => {
    const first = coverageRun();
    const id = first.plan.coverage?.turns[0]?.id ?? "";
    const run = coverageRun({ covered: new Set([id]) });
    await run.run();
    expect(linesOf(run)).toEqual([]);
  });
});
