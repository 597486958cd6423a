/** What an agent's own buffer setting does about drops: its knee and its largest burst, with a quarter of it and with four times as much. */
import type { Burst, Knee, KnobFinding, LoadRow } from "../../domain/under-load.ts";

type Tried = KnobFinding["tried"][number];

export const knobFindings = (rows: readonly LoadRow[]): readonly KnobFinding[] =>
  [...Map.groupBy(rows, ({ agent, scenario }) => JSON.stringify([agent, scenario])).values()].flatMap(
    (group) => {
      const tried = group
        .flatMap(({ buffer, knob, knee, burst }): readonly (Tried & { readonly name: string })[] =>
          knob === null ? [] : [{ buffer, name: knob.name, value: knob.value, knee, burst }],
        )
        .toSorted((a, b) => a.buffer - b.buffer);
      const [first] = tried;
      const [row] = group;
      if (first === undefined || row === undefined || tried.length < 2) return [];
      return [
        {
          agent: row.agent,
          scenario: row.scenario,
          name: first.name,
          tried: tried.map(({ buffer, value, knee, burst }) => ({ buffer, value, knee, burst })),
          moves: movesOf(tried),
        },
      ];
    },
  );

/** Between the smallest and the largest that were tried. */
const movesOf = (tried: readonly Tried[]): KnobFinding["moves"] => {
  const [least] = tried;
  const most = tried.at(-1);
  if (least === undefined || most === undefined) return "unknown";
  const bursts = burstGrows(least.burst, most.burst);
  const knee = kneeGrows(least.knee, most.knee);
  if (bursts === undefined && knee === undefined) return "unknown";
  if (bursts === true) return knee === undefined ? "bursts-at-least" : knee ? "both" : "bursts";
  return knee === true ? "knee" : bursts === undefined || knee === undefined ? "unknown" : "neither";
};

/** Undefined where neither overflowed, or one was not tried. */
const burstGrows = (least: Burst | null, most: Burst | null): boolean | undefined => {
  if (least === null || most === null || least.overflowed === null) return undefined;
  return most.held >= least.overflowed;
};

/** A buffer that is many times as large and does not even double the knee does nothing for it. */
const SAME = 2;

/** Undefined where the workload ended before either, or their intervals are too wide to say. */
const kneeGrows = (least: Knee | null, most: Knee | null): boolean | undefined => {
  if (least === null || most === null || least.high === null) return undefined;
  if (most.low > least.high) return true;
  return most.high !== null && most.high < SAME * least.low ? false : undefined;
};
