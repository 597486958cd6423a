import type { Gap } from "../../domain/reason.ts";

/** Why an agent does not see a scenario's events, as its own sentence. */
export const gapText = (gap: Gap): string => {
  switch (gap.kind) {
    case "by-design":
    case "not-counted":
    case "partly":
      return gap.text;
    case "not-run":
      return `${gap.agent} does not observe its events by design and was not run on it`;
  }
};
