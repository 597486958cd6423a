/** One row a technique that was tried under an agent. */
import { count, maybeFlag, maybeText, text } from "./columns.ts";
import { defineTable } from "./table.ts";

export const techniques = defineTable({
  name: "techniques",
  summary: "one row a technique that was tried under an agent: whether it was told of",
  columns: {
    agent: text("Agent's id"),
    technique: text("Technique's id (docs/coverage.md)"),
    operations: count("Operations that were done"),
    told_right: count("Of these, told of with the right process and object"),
    told_otherwise: count("Told of with a wrong or a relative one of either"),
    told: text("right, otherwise, sometimes or not, over all operations"),
    claimed: text("What the agent's data sheet claims"),
    claim_holds: maybeFlag("Whether the claim is right; none: it claims nothing certain"),
    example: maybeText("The first report that was otherwise"),
  },
  rows: ({ view }) =>
    (view.matrix?.cells ?? []).map((cell) => ({
      key: [cell.agent, cell.technique],
      cells: {
        agent: cell.agent,
        technique: cell.technique,
        operations: cell.times,
        told_right: cell.right,
        told_otherwise: cell.otherwise,
        told: cell.told,
        claimed: cell.claimed,
        claim_holds: cell.holds,
        example: cell.example,
      },
    })),
});
