/** What was tried under each agent -> agent by technique, and which claims are wrong. */
import type { CoverageMatrix, MatrixCell } from "../domain/coverage-matrix.ts";
import type { CoveragePlan } from "../domain/plan.ts";
import type { CoverageLine, TechniqueTried } from "../domain/record.ts";
import { whyUnmeasured } from "./agents.ts";
import { groupsBy } from "./groups.ts";

type Tried = Extract<TechniqueTried, { readonly kind: "tried" }>;

/** Undefined where nothing was to be tried. */
export const coverageMatrix = (
  lines: readonly CoverageLine[],
  untried: CoveragePlan["untried"] = [],
): CoverageMatrix | undefined => {
  if (lines.length + untried.length === 0) return undefined;
  const tried = lines.flatMap(({ agent, outcome }) =>
    outcome.kind === "tried" ? [{ agent, techniques: outcome.techniques, lost: outcome.lost ?? 0 }] : [],
  );
  const skips = tried.flatMap(({ agent, techniques }) =>
    techniques.flatMap((one) =>
      one.kind === "skipped" ? [{ agent, technique: one.technique, reason: one.reason }] : [],
    ),
  );
  return {
    agents: tried.map(({ agent }) => agent),
    techniques: [...new Set(tried.flatMap(({ techniques }) => techniques.map((one) => one.technique)))],
    cells: tried.flatMap(({ agent, techniques, lost }) =>
      techniques.flatMap((one) => (one.kind === "tried" ? [cellOf(agent, one, lost > 0)] : [])),
    ),
    skipped: groupsBy(skips, ({ technique, reason }) => `${technique} ${reason}`).map((same) => ({
      technique: same[0].technique,
      agents: same.map(({ agent }) => agent),
      reason: same[0].reason,
    })),
    untried: [
      ...lines.flatMap(({ agent, outcome }) => {
        const why = whyUnmeasured(outcome);
        return why === undefined ? [] : [{ agent, outcome: why }];
      }),
      ...untried.map(({ agent, why }) => ({ agent, outcome: { kind: "skipped" as const, reason: why } })),
    ],
    leftovers: lines.flatMap(({ agent, leftovers }) =>
      leftovers.length === 0 ? [] : [{ agent, what: leftovers }],
    ),
  };
};

/** What an agent admits to have lost meanwhile may be what is missing: its claim is then neither kept nor broken. */
const cellOf = (agent: string, tried: Tried, admitsLoss: boolean): MatrixCell => {
  const { technique, times, right, otherwise, claimed, claim, example = null } = tried;
  const told = toldOfAll(tried);
  return {
    agent,
    technique,
    times,
    right,
    otherwise,
    told,
    claimed,
    claim,
    holds: claimed === "depends" || (told === "sometimes" && admitsLoss) ? null : told === claimed,
    example,
  };
};

/** Without any load nothing has to be missing, so that an agent which tells of nine in ten is no witness. */
const toldOfAll = ({ times, right, otherwise }: Tried): MatrixCell["told"] => {
  if (right + otherwise === 0) return "nothing";
  if (right === times) return "right";
  return right + otherwise === times ? "otherwise" : "sometimes";
};
