import type { NotMeasurable } from "../../domain/reason.ts";
import { METRICS } from "../../domain/units.ts";

export const notMeasurableText = (one: NotMeasurable): string => {
  switch (one.kind) {
    case "recorded":
      return one.text;
    case "never-read":
      return `${METRICS[one.metric].title} of ${one.agent}: ${one.reasons.join("; ")}`;
  }
};
