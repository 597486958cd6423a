import type { Unmeasured } from "../../domain/failure.ts";

/** "failed at ready: it reported no sentinel", "trials skipped: ..." as a row about an agent says it. */
export const unmeasuredText = (why: Unmeasured, skipped = "trials skipped: "): string => {
  switch (why.kind) {
    case "skipped":
      return `${skipped}${why.reason}`;
    case "failed":
      return `failed at ${why.stage}: ${why.message}`;
  }
};
