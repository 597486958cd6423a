/**
 * A team's configuration of osquery: its scheduled queries and those of its packs, each alone as well. Its outputs and whatever else leads out of the
 * file are not followed: https://osquery.readthedocs.io/en/stable/deployment/configuration/.
 */
import * as z from "zod";
import { checkedJson, type From } from "../../domain/schema.ts";
import { osquerySheet } from "../shared/osquery-audit.ts";
import { type PolicyFile, type ReadPolicy, refusePolicy, type TeamAgent } from "./policy.ts";

const Query = z.looseObject({ query: z.string().min(1) });
const Queries = z.record(z.string(), Query);
const Configuration = z.looseObject({
  schedule: Queries.exactOptional(),
  packs: z
    .record(z.string(), z.union([z.string(), z.looseObject({ queries: Queries.exactOptional() })]))
    .exactOptional(),
  queries: Queries.exactOptional(),
});
type Configuration = From<typeof Configuration>;

/** They decide what its tables hold. All else, such as `options`, decides where its rows go, or reads other files. */
const FOLLOWED = [
  "schedule",
  "packs",
  "queries",
  "file_paths",
  "exclude_paths",
  "file_accesses",
  "events",
  "views",
];

/** It takes comments, which JSON does not have: whole lines of them. */
const withoutComments = (text: string): string => text.replaceAll(/^\s*(?:\/\/|#).*$/gm, "");

const configurationIn = (file: PolicyFile): Configuration => {
  const read = checkedJson(Configuration, withoutComments(file.text), "the file");
  return read.kind === "fits" ? read.content : refusePolicy(file.path, undefined, read.what);
};

interface Named {
  readonly name: string;
  readonly query: From<typeof Query>;
}

const named = (queries: From<typeof Queries> | undefined, prefix = ""): readonly Named[] =>
  Object.entries(queries ?? {}).map(([name, query]) => ({ name: `${prefix}${name}`, query }));

/** As its results name them. */
const queriesIn = (file: PolicyFile, { schedule, packs = {}, queries }: Configuration): readonly Named[] => [
  ...named(schedule),
  // A file of a pack alone.
  ...named(queries),
  ...Object.entries(packs).flatMap(([pack, content]) =>
    typeof content === "string"
      ? refusePolicy(
          file.path,
          undefined,
          `its pack "${pack}" is in another file, ${content}`,
          "give that file as well",
        )
      : named(content.queries, `pack_${pack}_`),
  ),
];

/** By the tables whose publisher has to be switched on, from docs/wiki/deployment/process-auditing.md and file-integrity-monitoring.md. */
const PUBLISHERS = [
  { tables: /\bprocess_events\b/, flag: "audit_allow_process_events=true", audit: true },
  { tables: /\bsocket_events\b/, flag: "audit_allow_sockets=true", audit: true },
  { tables: /\buser_events\b/, flag: "audit_allow_user_events=true", audit: true },
  { tables: /\bprocess_file_events\b/, flag: "audit_allow_fim_events=true", audit: true },
  { tables: /\bfile_events\b/, flag: "enable_file_events=true", audit: false },
  { tables: /\bbpf_(?:process|socket)_events\b/, flag: "enable_bpf_events=true", audit: false },
] as const;

/** They fetch from, or send to, other machines. */
const REACHING_OUT = /\b(?:curl|curl_certificate|carves)\b/;

const read = (files: readonly PolicyFile[]): ReadPolicy => {
  const configurations = files.map(configurationIn);
  const queries = files.flatMap((file, index) => queriesIn(file, configurations[index] ?? {}));
  if (queries.length === 0) refusePolicy(files[0]?.path ?? "", undefined, "it schedules no query");
  const twice = queries.find(({ name }, index) => queries.findIndex((one) => one.name === name) < index);
  if (twice !== undefined)
    refusePolicy(files[0]?.path ?? "", undefined, `two of its queries are named "${twice.name}"`);
  const reaching = queries.find(({ query }) => REACHING_OUT.test(query.query));
  if (reaching !== undefined)
    refusePolicy(
      files[0]?.path ?? "",
      undefined,
      `"${reaching.name}" asks a table that reaches other machines (curl, curl_certificate, carves)`,
      "take that query out: tare sends nothing off the node",
    );
  const leftOut = configurations.flatMap((configuration, index) =>
    Object.keys(configuration)
      .filter((key) => !FOLLOWED.includes(key))
      .map(
        (key) =>
          `${files[index]?.path ?? ""}: "${key}": where rows go, and what else is read, is tare's here`,
      ),
  );
  const beside = Object.assign(
    {},
    ...configurations.map((configuration) =>
      Object.fromEntries(
        Object.entries(configuration).filter(
          ([key]) => FOLLOWED.includes(key) && !["schedule", "packs", "queries"].includes(key),
        ),
      ),
    ),
  ) as Readonly<Record<string, unknown>>;
  return {
    rules: queries.map(({ name }) => name),
    leftOut,
    thins: "its queries may select a part of the events: what is missing there may be none of its rows",
    notes: [
      "queries whose interval is longer than a turn: they never run while it is measured",
      "discovery, platform and version of packs: each query is scheduled",
    ],
    sheet: (rule) => {
      const own = rule === undefined ? queries : queries.slice(rule, rule + 1);
      const asked = own.map(({ query }) => query.query).join("\n");
      const publishers = PUBLISHERS.filter(({ tables }) => tables.test(asked));
      return osquerySheet({
        text: `${JSON.stringify(
          { ...beside, schedule: Object.fromEntries(own.map(({ name, query }) => [name, query])) },
          null,
          2,
        )}\n`,
        flags: publishers.map(({ flag }) => flag),
        usesAudit: publishers.some(({ audit }) => audit),
      });
    },
  };
};

export const teamOsquery: TeamAgent = { id: "osquery", title: "osquery", endings: [".conf", ".json"], read };
