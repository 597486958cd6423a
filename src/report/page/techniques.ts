/** What was seen of each kind of operation: a policy for everything beside one for high-value events alone. */
import type { Summary } from "../../domain/verdict.ts";
import { NOT_ASKED, isMissed, techniqueGroupsOf, seenOfTechnique } from "../technique-words.ts";
import { html, joined } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, table } from "./parts.ts";
import { absent, typeset } from "./typeset.ts";

/** Nothing where every scenario does one thing only. */
export const techniquesPart = (summary: Summary): Markup =>
  joined(
    techniqueGroupsOf(summary).map(
      ({ scenario, conditions, kinds, agents }) =>
        html` <h3>${scenario} by kind <small>${conditions}</small></h3>
          ${table(
            `Operations of ${scenario} (${conditions}) that each agent told of, by kind. A kind that happens inside a process is not observed by an agent that is asked for execs alone; that is coverage, not loss.`,
            [{ title: "agent" }, ...kinds.map((kind) => ({ title: kind, numeric: true }))],
            agents.map(({ agent, rows }) => ({
              header: agentLabel(summary, agent),
              cells: kinds.map((kind) => {
                const row = rows.find((one) => one.kind === kind);
                const seen = row === undefined ? undefined : seenOfTechnique(row);
                if (row === undefined || seen === undefined) return absent(NOT_ASKED);
                return isMissed(row)
                  ? html`<span class="alarm">${typeset(seen)}</span>`
                  : html`${typeset(seen)}`;
              }),
            })),
          )}`,
    ),
    "",
  );
