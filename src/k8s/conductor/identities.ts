/** Which agents a node had at the beginning, kept in its Lease for a conductor that comes later. */
import * as z from "zod";
import { checkedJson } from "../../domain/schema.ts";
import type { Identity } from "./view.ts";

const NOTE = "tare.dev/agents";

const Identities = z.record(
  z.string(),
  z.object({ revision: z.string(), images: z.array(z.string()), imageIds: z.array(z.string()) }),
);

/** Anybody may have written it: what is none counts as not written. */
export const readIdentities = (
  notes: Readonly<Record<string, string>>,
): Readonly<Record<string, Identity>> => {
  const text = notes[NOTE];
  if (text === undefined) return {};
  const read = checkedJson(Identities, text, NOTE);
  return read.kind === "fits" ? read.content : {};
};

export const writtenIdentities = (
  agents: readonly { readonly agent: string; readonly identity: Identity | undefined }[],
): Readonly<Record<string, string>> => {
  const known = agents.flatMap(({ agent, identity }) => (identity === undefined ? [] : [[agent, identity]]));
  return known.length === 0 ? {} : { [NOTE]: JSON.stringify(Object.fromEntries(known)) };
};
