/** Why an agent cannot be counted in a guest of few programs (docs/counting.md), where several share the reason. */

export const NO_HIGH_VALUE =
  "it watches high-value events, and the workloads that are counted raise none: count the variant that watches everything";

export const NO_CHANGES =
  "it watches changes of files, and the workloads that are counted make none: count the variant that watches everything";
