/** An agent that cannot see a workload by design: it is not waited for, nothing is counted, and the record says why. */
import { expect, test } from "vitest";
import fileOpen from "../../scenarios/file-open.ts";
import nodeService from "../../scenarios/node-service.ts";
import processExec from "../../scenarios/process-exec.ts";
import { defineAgent, type DesignGap } from "../../src/domain/agent.ts";
import { gapIn, seesAnyOf } from "../../src/run/coverage.ts";
import { OPERATIONS, WATCHER, fakeRun } from "./fake-run.ts";

const watcherWith = (gap: DesignGap) =>
  defineAgent({
    ...WATCHER,
    coverage: { notes: [], gapFor: ({ filesOn }) => (filesOn === "disk" ? gap : undefined) },
  });

test("one that sees nothing is measured without a sentinel and without a count", async () => {
  const blind = watcherWith({ extent: "all", why: "it looks at tmpfs only" });
  const run = fakeRun({ agents: [blind], neverReady: true });
  await run.run();
  expect(run.trials("watcher")).toMatchObject([
    {
      outcome: {
        kind: "measured",
        ledger: { kind: "not-observed", cause: "by-design", why: "it looks at tmpfs only" },
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

test("one whose output nothing is found in is not counted, which is no design of it", async () => {
  const closed = defineAgent({ ...WATCHER, costOnly: true });
  const run = fakeRun({ agents: [closed], neverReady: true });
  await run.run();
  expect(run.trials("watcher")).toMatchObject([
    { outcome: { kind: "measured", ledger: { kind: "not-observed", cause: "not-counted" } } },
  ]);
});

test("one that sees some is waited for and counted", async () => {
  const run = fakeRun({ agents: [watcherWith({ extent: "some", why: "short lives" })], missed: 5 });
  await run.run();
  expect(run.trials("watcher")).toMatchObject([
    { outcome: { ledger: { kind: "counted", delivered: OPERATIONS - 5 } } },
  ]);
});

test("what an agent is not asked for is no gap", () => {
  const blind = watcherWith({ extent: "all", why: "why" });
  expect(gapIn(blind, fileOpen, "disk")).toEqual({ extent: "all", why: "why" });
  expect(gapIn(blind, fileOpen, "tmpfs")).toBeUndefined();
  expect(gapIn(blind, processExec, "disk")).toBeUndefined();
  expect(gapIn(blind, nodeService, "disk")).toBeUndefined();
  expect(seesAnyOf(blind, fileOpen, "disk")).toBe(false);
  expect(seesAnyOf(blind, fileOpen, "tmpfs")).toBe(true);
  expect(seesAnyOf(blind, processExec, "disk")).toBe(false);
});
