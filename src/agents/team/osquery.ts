/**
 * A team's configuration of osquery: its scheduled queries and those of its packs, each alone as well. Its outputs and whatever else leads out of the
 * file are not followed: https://osquery.readthedocs.io/en/stable/deployment/configuration/.
 */
import { checked } from "../../domain/schema.ts";
import { checkQueries, sqlOf } from "../shared/osquery-check.ts";
import { osquerySheet } from "../shared/osquery-audit.ts";
import {
  intervalOf,
  isForLinux,
  isSnapshot,
  LONGEST_WAIT,
  type Named,
  waitedForMs,
  whyNever,
} from "../shared/osquery-queries.ts";
import { type Configuration, configurationIn, type Pack, Packs, type Queries } from "./osquery-file.ts";
import { type PolicyFile, type ReadPolicy, refusePolicy, type TeamAgent } from "./policy.ts";

/** They decide what its tables hold, of the file and of its packs. All else, such as `options`, decides where its rows go, or reads other files. */
const BESIDE = ["file_paths", "exclude_paths", "file_accesses", "events", "views"];
const FOLLOWED = [...BESIDE, "schedule", "packs", "queries"];
/** Of a pack, what says whether and where it is run, beside its queries. */
const OF_PACKS = [...BESIDE, "queries", "platform", "version", "shard", "discovery", "oncall"];

interface Read {
  readonly path: string;
  readonly content: Configuration;
}

/** The packs that a configuration holds, with their names. */
const packsIn = ({ path, content: { packs = {} } }: Read): readonly (readonly [string, Pack])[] =>
  Object.entries(packs).flatMap(([name, pack]): readonly (readonly [string, Pack])[] => {
    if (typeof pack === "string")
      return refusePolicy(
        path,
        undefined,
        `its pack "${name}" is in another file, ${pack}`,
        "give that file as well",
      );
    if (name !== "*") return [[name, pack]];
    const inner = checked(Packs, pack, "what is below it");
    return inner.kind === "fits"
      ? packsIn({ path, content: { packs: inner.content } })
      : refusePolicy(path, undefined, `"packs.*": ${inner.what}`);
  });

interface Found {
  readonly queries: readonly Named[];
  /** Those that osquery itself does not schedule, with the reason. */
  readonly never: readonly string[];
}

const NOTHING: Found = { queries: [], never: [] };

const join = (parts: readonly Found[]): Found => ({
  queries: parts.flatMap(({ queries }) => queries),
  never: parts.flatMap(({ never }) => never),
});

/** What of a pack decides whether its queries run stands in each of them too, unless a query says otherwise. */
const found = (file: string, queries: Queries | undefined, pack: Pack = {}, prefix = ""): Found => {
  const { version, shard } = pack;
  const platform = typeof pack["platform"] === "string" ? pack["platform"] : "";
  const whole = { ...(version !== undefined && { version }), ...(shard !== undefined && { shard }) };
  return join(
    Object.entries(queries ?? {}).map(([ownName, own]) => {
      const name = `${prefix}${ownName}`;
      const query = { ...whole, ...own };
      const why = isForLinux(platform) ? whyNever(ownName, query) : `the platform of its pack is ${platform}`;
      return why === undefined
        ? { queries: [{ name, query, file }], never: [] }
        : { queries: [], never: [`${file}: "${name}": ${why}`] };
    }),
  );
};

/** As its results name them. */
const queriesIn = (read: Read): Found => {
  const { path, content } = read;
  return join([
    found(path, content.schedule),
    // A file of a pack alone.
    found(path, content.queries, content),
    ...packsIn(read).map(([name, pack]) => found(path, pack.queries, pack, `pack_${name}_`)),
  ]);
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isList(value);

/** What several say of one key, such as the folders of several packs. */
const both = (one: unknown, other: unknown): unknown => {
  if (isList(one) && isList(other)) return [...one, ...other];
  return isObject(one) && isObject(other) ? { ...one, ...other } : other;
};

const besideIn = (parts: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> => {
  const beside = new Map<string, unknown>();
  for (const part of parts)
    for (const key of BESIDE)
      if (part[key] !== undefined)
        beside.set(key, beside.has(key) ? both(beside.get(key), part[key]) : part[key]);
  return Object.fromEntries(beside);
};

/** By the tables whose publisher has to be switched on, from docs/wiki/deployment/process-auditing.md and file-integrity-monitoring.md. */
const PUBLISHERS = [
  { tables: /\bprocess_events\b/i, flag: "audit_allow_process_events", audit: true },
  { tables: /\bsocket_events\b/i, flag: "audit_allow_sockets", audit: true },
  { tables: /\buser_events\b/i, flag: "audit_allow_user_events", audit: true },
  { tables: /\bprocess_file_events\b/i, flag: "audit_allow_fim_events", audit: true },
  { tables: /\bselinux_events\b/i, flag: "audit_allow_selinux_events", audit: true },
  { tables: /\bseccomp_events\b/i, flag: "audit_allow_seccomp_events", audit: true },
  { tables: /\bapparmor_events\b/i, flag: "audit_allow_apparmor_events", audit: true },
  { tables: /\bfile_events\b/i, flag: "enable_file_events", audit: false },
  { tables: /\bbpf_(?:process|socket)_events\b/i, flag: "enable_bpf_events", audit: false },
] as const;

/** Two of audit's are on unless they are switched off, and each query is to be measured with its own tables alone. */
const flagsFor = (asked: string): { readonly flags: readonly string[]; readonly usesAudit: boolean } => {
  const wanted = PUBLISHERS.filter(({ tables }) => tables.test(asked));
  const usesAudit = wanted.some(({ audit }) => audit);
  return {
    flags: PUBLISHERS.flatMap((one) => {
      const isWanted = wanted.includes(one);
      return isWanted || (usesAudit && one.audit) ? [`${one.flag}=${isWanted}`] : [];
    }),
    usesAudit,
  };
};

/** They fetch from, or send to, other machines. */
const REACHING_OUT =
  /\b(?:curl|curl_certificate|carves|(?:ec2|azure|ycloud)_instance_(?:metadata|tags)|sigurl)\b|\bcarve\s*\(/i;

/** What a query asks, with the views that it asks, which may ask others. */
const askedBy = (query: string, views: unknown): string => {
  const asked = [query];
  const left = new Map(Object.entries(isObject(views) ? views : {}));
  for (const text of asked) {
    for (const [name, view] of left) {
      if (typeof view !== "string" || !sqlOf(text).toLowerCase().includes(name.toLowerCase())) continue;
      asked.push(view);
      left.delete(name);
    }
  }
  return asked.map(sqlOf).join("\n");
};

const read = (files: readonly PolicyFile[]): ReadPolicy => {
  const [{ path: first } = { path: "" }] = files;
  const all = files.map((file): Read => ({ path: file.path, content: configurationIn(file) }));
  const { queries, never } = all.map(queriesIn).reduce((one, other) => join([one, other]), NOTHING);
  if (queries.length === 0) {
    const [why] = never;
    refusePolicy(
      first,
      undefined,
      "it schedules no query",
      why === undefined ? undefined : `osquery would run none of them: ${why}`,
    );
  }
  const twice = queries.find(({ name }, index) => queries.findIndex((one) => one.name === name) < index);
  if (twice !== undefined)
    refusePolicy(twice.file, undefined, `two of its queries are named "${twice.name}"`);
  const beside = besideIn(all.flatMap((one) => [one.content, ...packsIn(one).map(([, pack]) => pack)]));
  const asked = (own: readonly Named[]): string =>
    own.map(({ query }) => askedBy(query.query, beside["views"])).join("\n");
  const reaching = queries.find((one) => REACHING_OUT.test(asked([one])));
  if (reaching !== undefined)
    refusePolicy(
      reaching.file,
      undefined,
      `"${reaching.name}" asks what reaches other machines (curl, carves, the metadata of a cloud)`,
      "take that query out: tare sends nothing off the node",
    );
  const otherKeys = (
    path: string,
    what: object,
    followed: readonly string[],
    whose = "",
  ): readonly string[] =>
    Object.keys(what)
      .filter((key) => !followed.includes(key))
      .map((key) => `${path}: "${key}"${whose}: where rows go, and what else is read, is tare's here`);
  const late = queries.filter(({ query }) => intervalOf(query) > LONGEST_WAIT);
  return {
    rules: queries.map(({ name }) => name),
    leftOut: [
      ...all.flatMap((one) => [
        ...otherKeys(
          one.path,
          one.content,
          one.content.queries === undefined ? FOLLOWED : [...FOLLOWED, ...OF_PACKS],
        ),
        ...packsIn(one).flatMap(([name, pack]) =>
          otherKeys(one.path, pack, OF_PACKS, ` of the pack ${name}`),
        ),
      ]),
      ...never,
      ...late.map(
        ({ name, query, file }) =>
          `${file}: the rows of "${name}", which is asked every ${intervalOf(query)} s: what its tables cost is measured`,
      ),
    ],
    thins: "its queries may select a part of the events: what is missing there may be none of its rows",
    notes: [
      `rows of queries that are asked less often than every ${LONGEST_WAIT} s`,
      "discovery of packs: each query is scheduled",
    ],
    sheet: (rule) => {
      const own = rule === undefined ? queries : queries.slice(rule, rule + 1);
      return osquerySheet({
        text: `${JSON.stringify(
          { ...beside, schedule: Object.fromEntries(own.map(({ name, query }) => [name, query])) },
          null,
          2,
        )}\n`,
        ...flagsFor(asked(own)),
        snapshots: own.some(({ query }) => isSnapshot(query)),
        waitedForMs: waitedForMs(own.map(({ query }) => query)),
      });
    },
    check: (host) =>
      checkQueries(
        host,
        // A view is known to the daemon alone.
        queries.filter(({ query }) => asked([{ name: "", file: "", query }]) === sqlOf(query.query)),
      ),
  };
};

export const teamOsquery: TeamAgent = { id: "osquery", title: "osquery", endings: [".conf", ".json"], read };
