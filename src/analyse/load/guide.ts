/** What a run is told while it goes on: where the next probe goes, by the fit that the analysis makes again from the record. */
import type { LoadGuide } from "../../domain/under-load.ts";
import { nextBurst } from "./burst.ts";
import { createKneeSearch, kneeOfStart, kneeOfStarts } from "./knee-search.ts";
import { criterionOf, fastestOf } from "./probes.ts";

export const loadGuide: LoadGuide = {
  search: createKneeSearch,
  knee: (starts, overload) => kneeOfStarts(starts.flatMap((probes) => kneeOfStart(probes, overload) ?? [])),
  nextBurst: (probes, overload, most) => nextBurst(probes, criterionOf(overload), most),
  fastest: fastestOf,
};
