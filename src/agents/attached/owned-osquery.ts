/**
 * osquery in its owner's hands: where its rows go, how late they come, and what tells its losses, by its arguments, its flag file and the `options` of its
 * configuration, of which the last wins where a flag can be set there: docs/wiki/installation/cli-flags.md and plugins/config/parsers/options.cpp of
 * its source.
 */
import type { Host } from "../../domain/host.ts";
import { known, missing } from "../../domain/units.ts";
import { auditLosses } from "../shared/audit.ts";
import { BATCHES } from "../shared/osquery-audit.ts";
import { waitedForMs, withoutComments } from "../shared/osquery-queries.ts";
import { outputsOf } from "../shared/osquery.ts";
import type { HoldsBack, OwnedAgent } from "./owned.ts";
import { ON_THE_NODE, optionsIn, pathFrom, type Whereabouts } from "./whereabouts.ts";

type Content = Readonly<Record<string, unknown>>;

const contentOf = (told: unknown): Content =>
  typeof told === "object" && told !== null ? (told as Content) : {};

/** `--name=value`, `--name value`, `--name` and `--noname`, in any order: the last wins. */
const flagsIn = (words: readonly string[]): readonly (readonly [name: string, text: string])[] =>
  words.flatMap((word, index): readonly (readonly [string, string])[] => {
    const [, name, text] = /^--?(\w+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return [];
    if (text !== undefined) return [[name, text]];
    const next = words[index + 1];
    if (next !== undefined && !next.startsWith("-")) return [[name, next]];
    return name.startsWith("no") ? [[name.slice(2), "false"]] : [[name, "true"]];
  });

/** A flag a line; what stands behind a space there is its value too. */
const flagsInFile = (text: string): readonly (readonly [string, string])[] =>
  text.split("\n").flatMap((line) =>
    flagsIn(
      line
        .trim()
        .split(/\s+(.*)/s)
        .filter((word) => word !== ""),
    ),
  );

const contentAt = async (host: Host, at: Whereabouts, told: string): Promise<Content> => {
  const path = pathFrom(at, told);
  const text = path === undefined ? undefined : known(await host.readText(path));
  try {
    return contentOf(JSON.parse(withoutComments(text ?? "{}")));
  } catch {
    // osquery takes it for none either.
    return {};
  }
};

/** Of those that are read here; they are what they were when it was started. */
const NOT_BY_OPTIONS = ["config_path", "config_plugin", "logger_plugin"];
const CONFIGURATION = "/etc/osquery/osquery.conf";

interface Configured {
  /** Undefined: as osquery has it by default. */
  readonly flag: (name: string) => string | undefined;
  readonly flags: ReadonlyMap<string, string>;
  readonly content: Content;
}

const configured = async (host: Host, at: Whereabouts): Promise<Configured> => {
  const flags = new Map<string, string>();
  for (const file of optionsIn(at, "--flagfile")) {
    const text = known(await host.readText(pathFrom(at, file) ?? file)) ?? "";
    for (const [name, value] of flagsInFile(text)) flags.set(name, value);
  }
  for (const [name, value] of flagsIn(at.args)) flags.set(name, value);
  // A server's configuration is nobody's to read.
  const isFile = (flags.get("config_plugin") ?? "filesystem") === "filesystem";
  const content = isFile ? await contentAt(host, at, flags.get("config_path") ?? CONFIGURATION) : {};
  for (const [name, value] of Object.entries(contentOf(content["options"])))
    if (!NOT_BY_OPTIONS.includes(name) && ["string", "number", "boolean"].includes(typeof value))
      flags.set(name, String(value));
  return { flag: (name) => flags.get(name), flags, content };
};

const isOn = (text: string | undefined): boolean => text !== undefined && /^(?:true|t|yes|y|1)$/i.test(text);

const usesAudit = ({ flag }: Configured): boolean =>
  flag("disable_audit") !== undefined && !isOn(flag("disable_audit")) && !isOn(flag("disable_events"));

const LOGGER = "filesystem";
const loggerOf = ({ flag }: Configured): string => flag("logger_plugin") ?? LOGGER;
const LOGS = "/var/log/osquery";

/** Tables of events: only their rows are waited for. */
const OF_EVENTS = /_events\b/i;

const queriesIn = (part: unknown): readonly Content[] =>
  Object.values(contentOf(part))
    .map(contentOf)
    .filter(({ query }) => typeof query === "string" && OF_EVENTS.test(query));

/** Of its schedule and of its packs, which may lie in files of their own. */
const queriesOf = async (
  host: Host,
  at: Whereabouts,
  { content }: Configured,
): Promise<readonly Content[]> => {
  const queries = [...queriesIn(content["schedule"])];
  for (const pack of Object.values(contentOf(content["packs"]))) {
    const found = typeof pack === "string" ? await contentAt(host, at, pack) : contentOf(pack);
    queries.push(...queriesIn(found["queries"]));
  }
  return queries;
};

/** What decides its cost; what is left out stands as osquery has it by default. */
const COSTLY = /^(?:audit_|bpf_|disable_|enable_|events_|schedule_|watchdog_|logger_|config_)/;

export const ownedOsquery: OwnedAgent = {
  outputs: async (host, at = ON_THE_NODE) => {
    const own = await configured(host, at);
    const folder = pathFrom(at, own.flag("logger_path") ?? LOGS);
    const isWritten = loggerOf(own).split(",").includes(LOGGER) && !isOn(own.flag("disable_logging"));
    return isWritten && folder !== undefined ? outputsOf(`${folder.replace(/\/$/, "")}/`, true) : [];
  },
  notFollowed: async (host, at = ON_THE_NODE) => {
    const own = await configured(host, at);
    return loggerOf(own).split(",").includes(LOGGER)
      ? undefined
      : `its logger_plugin is ${loggerOf(own)}, and tare reads what ${LOGGER} writes`;
  },
  settings: async (host, at = ON_THE_NODE) => {
    const { flags, content } = await configured(host, at);
    const costly = [...flags].filter(([name]) => COSTLY.test(name));
    return {
      flags: costly.map(([name, text]) => `--${name}=${text}\n`).join(""),
      schedule: JSON.stringify(content["schedule"] ?? {}),
      packs: Object.keys(contentOf(content["packs"])).join(", "),
    };
  },
  holdsBack: async (host, at = ON_THE_NODE): Promise<HoldsBack> => {
    const own = await configured(host, at);
    return {
      flushIntervalMs: BATCHES.flushIntervalMs + waitedForMs(await queriesOf(host, at, own)),
      ...(usesAudit(own) && { handsOutInBatches: true }),
    };
  },
  lostBy:
    (host, at = ON_THE_NODE) =>
    async () =>
      usesAudit(await configured(host, at))
        ? await auditLosses(host)
        : missing(
            "its owner's configuration has audit off (disable_audit), and nothing else tells its losses",
          ),
};
