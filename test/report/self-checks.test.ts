/** What a reader learns from the self-checks, in words that are the same in every format. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { NoiseReading } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import type { SelfChecks } from "../../src/domain/self-checks.ts";
import { renderHtml } from "./support/render.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { checksOf } from "../../src/report/view/checks.ts";
import { checkSentence } from "../../src/report/view/in-short.ts";
import { buildRecord } from "../analyse/support/record-builder.ts";
import type { Slot } from "../analyse/support/record-builder.ts";
import { buildView } from "./support/view-builder.ts";
import { AA_FAILURE } from "../support/check-failure.ts";

const QUIET = { wallOverCpu: 1.05, cpuPressurePercent: value(2), stealPercent: value(0) } as const;
const none = missing("/proc/stat: not there");

const runWith = (noise: (slot: Slot) => Partial<NoiseReading>): RunView =>
  analyse(
    buildRecord({
      blocks: 12,
      agents: ["probe"],
      outcome: (slot, usual) => ({ ...usual, noise: { ...usual.noise, ...QUIET, ...noise(slot) } }),
    }),
  );

const noiseOf = (view: RunView) => checksOf(view).find(({ title }) => title === "noise");

describe("the check of noise", () => {
  test("says how many trials were under pressure", () => {
    expect(noiseOf(runWith(() => ({})))).toMatchObject({
      state: "passed",
      text: expect.stringContaining("pressure in 0 baselines") as string,
    });
    const pressed = runWith(({ agent, block }) =>
      agent === "baseline" && block < 3 ? { cpuPressurePercent: value(30) } : {},
    );
    expect(noiseOf(pressed)).toMatchObject({
      state: "passed",
      text: expect.stringContaining("pressure in 6 baselines") as string,
    });
  });

  test("cannot tell where neither steal nor pressure could be read in any trial", () => {
    expect(noiseOf(runWith(() => ({ stealPercent: none, cpuPressurePercent: none })))).toEqual({
      title: "noise",
      state: "open",
      text: expect.stringContaining("pressure could not be read; steal could not be read") as string,
    });
    expect(noiseOf(runWith(() => ({ stealPercent: none })))).toMatchObject({
      state: "passed",
      text: expect.stringContaining("steal could not be read") as string,
    });
    expect(noiseOf(runWith(({ block }) => (block === 0 ? { stealPercent: none } : {})))?.text).not.toContain(
      "steal",
    );
  });

  test("cannot tell where nothing was measured", () => {
    const lines = buildRecord({ blocks: 12, agents: ["probe"] }).slice(0, 1);
    expect(noiseOf(analyse(lines))).toMatchObject({ state: "open", text: "no trial was measured" });
  });
});

describe("the sentences at the top", () => {
  const saying = (change: Partial<SelfChecks>): string => {
    const view = buildView();
    return checkSentence({ ...view, selfChecks: { ...view.selfChecks, ...change } });
  };

  test("say that the checks passed, only where all of them did", () => {
    const { calibration, knownLoss, carryOver, noise, aa } = buildView().selfChecks;
    expect(saying({})).toMatch(/The instrument's own checks passed\.$/);
    expect(saying({ calibration: calibration.map((one) => ({ ...one, passed: null })) })).toMatch(
      /Of the instrument's own checks, known cost could not be confirmed in this run\.$/,
    );
    expect(
      saying({ knownLoss: knownLoss.map((one) => ({ ...one, exact: false })), calibration: [] }),
    ).toMatch(/checks, known loss failed; known cost could not be confirmed in this run\.$/);
    expect(saying({ carryOver: carryOver.map((one) => ({ ...one, state: "failed" as const })) })).toContain(
      "carry-over failed",
    );
    expect(saying({ noise: { ...noise, contended: true } })).toContain("noise failed");
    expect(saying({ aa: { ...aa, contrasts: [] } })).toContain("A/A could not be confirmed");
  });

  test("say that no cost is valid, and why, in every format and in the page's headline", async () => {
    const view = buildView();
    const failed = { ...view, selfChecks: { ...view.selfChecks, failures: [AA_FAILURE] } };
    const said = "No cost of this run is valid: A/A: the second baseline differs";
    const page = await renderHtml(failed);
    expect(page).toContain(said);
    expect(page).toContain("missed on bench-01: no cost of this run is valid</h1>");
    expect(renderMarkdown(failed)).toContain(said);
    expect(renderTerminal(failed, { columns: 200, colour: false })).toContain(said);
  });
});
