/** An agent that cannot see a workload by design: it is not waited for, nothing is counted, and the record says why. */
import { expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import type { Blindness } from "../../src/domain/agent.ts";
import { blindnessTo, seesAnyOf } from "../../src/run/blindness.ts";
import { OPERATIONS, WATCHER, fakeRun } from "./fake-run.ts";

const watcherThatIs = (blindness: Blindness) =>
  defineAgent({
    ...WATCHER,
    blindTo: ({ filesOn }) => (filesOn === "disk" ? blindness : undefined),
  });

test("one that sees nothing is measured without a sentinel and without a count", async () => {
  const blind = watcherThatIs({ extent: "all", why: "it looks at tmpfs only" });
  const run = fakeRun({ agents: [blind], neverReady: true });
  await run.run();
  expect(run.trials("watcher")).toMatchObject([
    {
      outcome: {
        kind: "measured",
        ledger: { kind: "not-observed", why: "it looks at tmpfs only" },
      },
    },
  ]);
  const [turn] = run.lines.filter((line) => line.type === "turn" && line.agent === "watcher");
  expect(turn).toMatchObject({
    outcome: {
      kind: "started",
      settings: { readiness: expect.stringMatching(/not proved by a sentinel/) as string },
    },
  });
});

test("one that sees some is waited for and counted", async () => {
  const run = fakeRun({ agents: [watcherThatIs({ extent: "some", why: "short lives" })], missed: 5 });
  await run.run();
  expect(run.trials("watcher")).toMatchObject([
    { outcome: { ledger: { kind: "counted", delivered: OPERATIONS - 5 } } },
  ]);
});

test("what an agent is not asked for is no blindness", () => {
  const blind = watcherThatIs({ extent: "all", why: "why" });
  expect(blindnessTo(blind, { id: "file-open", family: "file" }, "disk")).toEqual({
    extent: "all",
    why: "why",
  });
  expect(blindnessTo(blind, { id: "file-open", family: "file" }, "tmpfs")).toBeUndefined();
  expect(blindnessTo(blind, { id: "process-exec", family: "exec" }, "disk")).toBeUndefined();
  expect(blindnessTo(blind, { id: "node-service", family: undefined }, "disk")).toBeUndefined();
  expect(seesAnyOf(blind, { id: "file-open", family: "file" }, "disk")).toBe(false);
  expect(seesAnyOf(blind, { id: "file-open", family: "file" }, "tmpfs")).toBe(true);
  expect(seesAnyOf(blind, { id: "process-exec", family: "exec" }, "disk")).toBe(false);
});
