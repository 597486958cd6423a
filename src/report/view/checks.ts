/** The self-checks one by one, in words that are the same in every format. */
import { EMULATED } from "../../domain/emulation.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Calibration, Equivalence, NoiseSign, SelfChecks } from "../../domain/self-checks.ts";
import { formatConfidence, formatCount, formatNumberOf, formatValue, ratioOf } from "../format.ts";
import { conditionsOf, operationTitle } from "../select.ts";

/** `open`: this run cannot tell, which is neither good nor bad. `shown`: there is no limit to pass, the reader judges. */
export type CheckState = "passed" | "failed" | "open" | "shown";

export interface Check {
  readonly title: string;
  readonly state: CheckState;
  readonly text: string;
}

export const stateTitle = (state: CheckState): string => {
  switch (state) {
    case "passed":
      return "passed";
    case "failed":
      return "failed";
    case "open":
      return "cannot tell";
    case "shown":
      return "not judged";
  }
};

export const checksOf = (view: RunView): readonly Check[] => {
  const { selfChecks, host } = view;
  return [
    ...emulationCheck(host),
    aaCheck(selfChecks),
    ...costChecks(selfChecks),
    ...lossCheck(selfChecks),
    ...levelCheck(selfChecks),
    carryOverCheck(selfChecks),
    noiseCheck(view),
  ];
};

export const EMULATION_CHECK = "emulation";

/** Nothing where an old record does not say on what it rests. */
const emulationCheck = (host: RunView["host"]): readonly Check[] => {
  const { emulation } = host;
  if (emulation === undefined && !host.emulated) return [];
  const evidence = emulation?.evidence.join("; ") ?? "not recorded on which evidence";
  const title = EMULATION_CHECK;
  switch (emulation?.kind) {
    case "hardware":
      return [{ title, state: "passed", text: `a real CPU runs the node: ${evidence}` }];
    case "unknown":
      return [
        { title, state: "open", text: `it could not be told whether the CPU is emulated: ${evidence}` },
      ];
    case "emulated":
    case undefined:
      return [{ title, state: "failed", text: `${EMULATED} (${evidence})` }];
  }
};

const aaCheck = ({ aa }: SelfChecks): Check => {
  const title = "A/A";
  const made = aa.contrasts.filter(({ absolute }) => absolute.low !== null).length;
  if (made === 0) {
    const most = Math.max(0, ...aa.contrasts.map(({ blocks }) => blocks));
    return {
      title,
      state: "open",
      text: `not made: ${formatNumberOf(most, "block")}, too few for an interval`,
    };
  }
  return { title, state: worstOf(withMargin(aa.contrasts)), text: aaText(aa) };
};

/** Where no budget says what would matter, there is nothing to pass. */
const withMargin = <T extends { readonly margin: number | null }>(all: readonly T[]): readonly T[] =>
  all.filter(({ margin }) => margin !== null);

/** One that failed is enough, and one that is open leaves all open. */
const worstOf = (all: readonly { readonly state: Equivalence }[]): CheckState => {
  const states = new Set(all.map(({ state }) => state));
  if (states.has("failed")) return "failed";
  return states.has("open") ? "open" : "passed";
};

/** "5 of 6 comparisons of the node with itself are nothing beside the budgets; of 1 this run cannot tell". */
export const aaText = ({ contrasts }: SelfChecks["aa"]): string =>
  countsText(withMargin(contrasts), "comparison", "of the node with itself");

const countsText = (all: readonly { readonly state: Equivalence }[], noun: string, what: string): string => {
  const count = (state: Equivalence): number => all.filter((one) => one.state === state).length;
  const [failed, open] = [count("failed"), count("open")];
  return [
    `${formatCount(count("passed"))} of ${formatNumberOf(all.length, noun)} ${what} differ by less than a third of the budget`,
    ...(failed === 0 ? [] : [`${formatCount(failed)} by more`]),
    ...(open === 0 ? [] : [`of ${formatCount(open)} this run cannot tell`]),
  ].join("; ");
};

export const slopeText = ({ slope }: Calibration): string => {
  const { value, range } = ratioOf(slope);
  return `${value} ${range ?? "(exploratory)"}`;
};

export const calibrationState = ({ passed }: Calibration): CheckState =>
  passed === null ? "open" : passed ? "passed" : "failed";

const costChecks = ({ calibration }: SelfChecks): readonly Check[] =>
  calibration.length === 0
    ? [{ title: "known cost", state: "open", text: "not checked: no agent of known cost ran" }]
    : calibration.map((one) => ({
        title: "known cost",
        state: calibrationState(one),
        text: `${operationTitle(one)} (${conditionsOf(one)}): recovered ${slopeText(one)} of what was injected (${formatConfidence(one.slope.level)} interval)${one.minimalDetectable === null ? "" : `; detects from ${formatValue(one.minimalDetectable.ns, "ns/op")}`}`,
      }));

const lossCheck = ({ knownLoss }: SelfChecks): readonly Check[] => {
  if (knownLoss.length === 0) return [];
  const wrong = knownLoss.filter(({ exact }) => !exact);
  const events = knownLoss.reduce((sum, { missing }) => sum + missing, 0);
  return [
    {
      title: "known loss",
      state: wrong.length === 0 ? "passed" : "failed",
      text:
        wrong.length === 0
          ? `${formatNumberOf(knownLoss.length, "ledger")} found exactly what was discarded (${formatNumberOf(events, "event")})`
          : `${formatCount(wrong.length)} of ${formatNumberOf(knownLoss.length, "ledger")} did not find what was discarded: ${wrong.map(({ agent, scenario }) => `${agent} on ${scenario}`).join(", ")}`,
    },
  ];
};

const levelCheck = ({ knownLevels }: SelfChecks): readonly Check[] => {
  const shares = knownLevels
    .filter(({ injected }) => injected > 0)
    .map(({ recovered, injected }) => recovered.value / injected);
  if (shares.length === 0) return [];
  const print = (one: number): string => ratioOf({ value: one, low: null, high: null }).value;
  return [
    {
      title: "known level",
      state: "shown",
      text: `CPU time and memory of known size came back ${print(Math.min(...shares))} to ${print(Math.max(...shares))} of what was injected (${formatNumberOf(shares.length, "comparison")})`,
    },
  ];
};

const carryOverCheck = ({ carryOver }: SelfChecks): Check => {
  const title = "carry-over";
  const failed = carryOver.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    const where = failed.map((one) => `${one.after} (${operationTitle(one)})`);
    return { title, state: "failed", text: `the baseline is not the same after ${where.join(", ")}` };
  }
  const judged = carryOver.filter(({ difference }) => difference.low !== null);
  return judged.length === 0
    ? { title, state: "open", text: "too few blocks in which a baseline followed an agent" }
    : {
        title,
        state: worstOf(withMargin(judged)),
        text: countsText(withMargin(judged), "baseline", "straight after an agent"),
      };
};

const noiseCheck = (view: RunView): Check => {
  const { noise } = view.selfChecks;
  const title = "noise";
  if (view.run.trials.measured === 0) return { title, state: "open", text: "no trial was measured" };
  const signOf = (id: NoiseSign["sign"]): NoiseSign | undefined =>
    noise.signs.find(({ sign }) => sign === id);
  const [steal, pressure] = [signOf("steal"), signOf("cpu-pressure")];
  const isUnread = (sign: NoiseSign | undefined): boolean =>
    sign === undefined || sign.unread === sign.trials;
  const failed = noise.contended || noise.sensitive.length > 0;
  const parts = [
    `${formatCount(noise.redone)} of ${formatNumberOf(noise.trials, "trial")} done again`,
    isUnread(pressure)
      ? "pressure could not be read"
      : `pressure in ${formatNumberOf(pressure?.shown ?? 0, "baseline")}`,
    ...(isUnread(steal) ? ["steal could not be read"] : []),
    ...(noise.sensitive.length === 0
      ? []
      : [
          `${formatNumberOf(noise.sensitive.length, "verdict")} would differ without that and ${noise.sensitive.length === 1 ? "is" : "are"} inconclusive`,
        ]),
    ...(noise.contended
      ? ["the CPUs were contended: wall-clock figures are not valid, CPU time stands"]
      : []),
  ];
  // No disturbance from outside could be read, so nothing can be said of it.
  const blind = isUnread(steal) && isUnread(pressure);
  return { title, state: failed ? "failed" : blind ? "open" : "passed", text: parts.join("; ") };
};
