/** Where a custom agent's events are, and how they show tokens. */
import type { AgentOutput, TokenForm } from "../../domain/agent.ts";
import { FAMILIES, type Family } from "../../domain/units.ts";
import { fill } from "./placeholders.ts";
import type { EventsSpec, Values } from "./spec.ts";

/** `stdout` and `stderr` are files in its directory, like every other output. */
export const pathOf = (output: string, values: Values): string =>
  output === "stdout" || output === "stderr"
    ? `${values["directory"] ?? ""}/${output}`
    : fill(output, values);

export const outputsOf = (events: readonly EventsSpec[], values: Values): readonly AgentOutput[] =>
  events.map((entry) => ({
    path: pathOf(entry.output, values),
    forms: Object.fromEntries(
      FAMILIES.flatMap((family) => {
        const form = formOf(entry, family);
        return form === undefined ? [] : [[family, form]];
      }),
    ),
  }));

const formOf = (entry: EventsSpec, family: Family): TokenForm | undefined => {
  const told = entry[family];
  if (told === undefined) return undefined;
  if (typeof told === "string") return { kind: told };
  return "ipv4" in told ? { kind: "ipv4", before: told.ipv4 } : { kind: "sockaddr", before: told.sockaddr };
};
