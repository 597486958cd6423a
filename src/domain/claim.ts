/** What an agent's data sheet says that it tells of a technique, and what it was seen to tell. */
import * as z from "zod";
import type { Technique } from "./technique.ts";
import type { TechniqueId } from "./techniques/all.ts";
import type { From } from "./schema.ts";
import type { Family } from "./units.ts";

export const Told = z
  .enum(["right", "otherwise", "nothing"])
  .describe(
    "`right`: with the process that did it and the object that it was done to. `otherwise`: with a wrong or a relative one of either, or without. `nothing`: no report of it.",
  );
export type Told = From<typeof Told>;

export const Claimed = z
  .enum([...Told.options, "depends"])
  .describe(
    "As its data sheet has it. `depends`: on what cannot be foretold, such as which of two is faster; it cannot be wrong.",
  );
export type Claimed = From<typeof Claimed>;

type Settings = Readonly<Record<string, string>>;

/** Of techniques of which it does not tell what its families let expect. */
export interface Claim {
  readonly of: readonly TechniqueId[];
  readonly claimed: Claimed;
  /** What is not seen, and why: a blind spot as the report and the docs have it. */
  readonly why: string;
  /** With which of the settings that it has once it runs; absent: with all. */
  readonly when?: (settings: Settings) => boolean;
}

interface Claiming {
  readonly observes: readonly Family[];
  readonly coverage: { readonly claims?: readonly Claim[] };
}

/** Without a claim of its own, an agent tells right of what it is asked for, and of nothing else. */
export const claimFor = (
  { observes, coverage }: Claiming,
  { id, asked }: Pick<Technique, "id" | "asked">,
  settings: Settings,
): { readonly claimed: Claimed; readonly why: string | null } => {
  const claim = coverage.claims?.find(
    ({ of, when }) => of.some((one) => one === id) && (when === undefined || when(settings)),
  );
  if (claim !== undefined) return { claimed: claim.claimed, why: claim.why };
  const isAsked = asked !== undefined && observes.includes(asked);
  return { claimed: isAsked ? "right" : "nothing", why: null };
};

/** What a reader must know that an agent does not see: what is tried, and what nobody tries. */
export const blindSpotsOf = ({
  claims = [],
  notes,
}: {
  readonly claims?: readonly Claim[];
  readonly notes: readonly string[];
}): readonly string[] => [
  ...new Set([...claims.filter(({ claimed }) => claimed !== "right").map(({ why }) => why), ...notes]),
];
