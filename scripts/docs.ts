/**
 * The parts of the docs that data sheets determine: tables in README.md, docs/budgets.md, docs/coverage.md, docs/kubernetes.md and docs/profiles.md,
 * docs/glossary.md, and what is known of agents (docs/agents, docs/agents-in-guests.md).
 * `npm run docs` writes them; a test fails when they are not what the sheets say.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { EXIT_CODES } from "../src/cli/explain/exit-codes.ts";
import { METRIC_EXPLANATIONS } from "../src/cli/explain/metrics.ts";
import { TERMS } from "../src/cli/explain/terms.ts";
import { VERDICTS } from "../src/cli/explain/verdicts.ts";
import type { Explanation } from "../src/cli/explain/explanation.ts";
import { BUSY_NODE, BUSY_NODE_CORES } from "../src/domain/default-budget.ts";
import { PROFILE_IDS } from "../src/domain/plan.ts";
import { PROFILES } from "../src/plan/profiles.ts";
import { GROUPS, type Group } from "../src/domain/technique.ts";
import { TECHNIQUES } from "../src/domain/techniques/all.ts";
import type { Agent } from "../src/domain/agent.ts";
import { type Load, offeredRate, type Scenario, type Size, type TokenPlace } from "../src/domain/scenario.ts";
import { loadFolder } from "../src/host/load-folder.ts";
import { CAPABILITIES } from "../src/k8s/capabilities.ts";
import { rightsFor } from "../src/k8s/choose/rights.ts";
import { CONDUCTOR_RIGHTS, type Where } from "../src/k8s/rights.ts";
import { agentsPage } from "../src/machines/jobs/agents-page.ts";
import { LAKE_TABLES } from "../src/report/lake/tables.ts";
import { agentPage, agentTable, pageOf, sensorsOf } from "./agent-pages/pages.ts";
import { exampleTables, readExampleRun } from "./example-run.ts";
import { columnsOf, type ColumnType } from "./lake-columns.ts";
import { readSeen, seenPage } from "./seen-page.ts";
import { table } from "./agent-pages/table.ts";
import { readInGuests, readTried } from "./agent-pages/tried.ts";

const ROOT = resolve(import.meta.dirname, "..");

const TOKEN_PLACES: Readonly<Record<TokenPlace, string>> = {
  argument: "its first argument",
  path: "its path",
  address: "its address",
};

const scenarioTable = (scenarios: readonly Scenario[]): string =>
  table(
    ["scenario", "one operation", "events counted"],
    scenarios.map(({ id, summary, emits }) => [
      `\`${id}\``,
      summary,
      emits === undefined ? "none" : `${emits.family}, by ${TOKEN_PLACES[emits.tokenIn]}`,
    ]),
  );

const cores = (count: number): string => count.toFixed(2);

const budgetTable = (): string =>
  table(
    ["scenario", "a busy node does", "at most, for each", "CPUs"],
    [
      ...Object.entries(BUSY_NODE).map(([scenario, { what, perSecond, limitNs }]) => [
        `\`${scenario}\``,
        `${perSecond.toLocaleString("en")} ${what} a second`,
        limitNs < 1000 ? `${limitNs} ns` : `${limitNs / 1000} us`,
        cores((perSecond * limitNs) / 1e9),
      ]),
      ["together", "", "", cores(BUSY_NODE_CORES)],
    ],
  );

const minutes = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${seconds / 3600} h`;

const codes = (ids: readonly string[]): string =>
  ids.length === 0 ? "none" : ids.map((id) => `\`${id}\``).join(", ");

const profileTable = (): string =>
  table(
    [
      "profile",
      "at most",
      "blocks, at most",
      "load",
      "known answers along",
      "techniques",
      "not unless named",
    ],
    PROFILE_IDS.map((id) => PROFILES[id]).map((profile) => [
      `\`${profile.id}\``,
      minutes(profile.timeBudgetSeconds),
      String(profile.blocks),
      profile.underLoad === undefined ? profile.size : "[rising](load.md)",
      codes(profile.calibration),
      profile.triesTechniques ? "tried" : "no",
      codes(profile.without),
    ]),
  );

const techniqueTable = (): string =>
  (Object.entries(GROUPS) as [Group, string][])
    .map(
      ([group, title]) =>
        `### ${title}\n\n${table(
          [
            "technique",
            "what is done",
            "calls",
            "the token is in its",
            "a right report names, beside the process",
          ],
          TECHNIQUES.filter((one) => one.group === group).map(
            ({ id, title: what, how, tokenIn, names = "nothing more" }) => [
              `\`${id}\``,
              what,
              how,
              tokenIn,
              names,
            ],
          ),
        )}`,
    )
    .join("\n\n");

const SIZES = ["small", "medium", "large"] as const satisfies readonly Size[];

const loadText = (load: Load): string => {
  const shape = `${load.batches} x ${load.batchOperations.toLocaleString("en")}`;
  const rate = offeredRate(load);
  return rate === null ? shape : `${shape} at ${rate.toLocaleString("en")}/s`;
};

const loadTable = (scenarios: readonly Scenario[]): string =>
  table(
    ["scenario", ...SIZES],
    scenarios
      .filter(({ watch }) => watch === undefined)
      .map(({ id, loads }) => [`\`${id}\``, ...SIZES.map((size) => loads[size].map(loadText).join("; "))]),
  );

const PLACES: Readonly<Record<Where, string>> = {
  nodes: "namespace `tare`",
  control: "namespace `tare-control`",
  agent: "the agent's namespace",
  cluster: "the cluster",
};

const rightsTable = (): string =>
  table(
    ["where", "what", "verbs", "why"],
    CONDUCTOR_RIGHTS.map(({ where, group, resource, verbs, named, why }) => [
      PLACES[where],
      `${group === "" ? resource : `${resource}.${group}`}${named === undefined ? "" : ", the agent's alone"}`,
      verbs.join(", "),
      why,
    ]),
  );

/** Of whoever types the commands: by what and why, with all verbs of it. */
const userRightsTable = (): string => {
  const rights = rightsFor({
    namespaces: { nodes: "tare", control: "tare-control" },
    agents: [{ namespace: "the agent's", name: "the agent's" }],
    conductor: "job",
  });
  const grouped = Map.groupBy(rights, ({ namespace, resource, subresource, group, why }) =>
    [
      namespace === undefined
        ? "the cluster"
        : namespace.startsWith("tare")
          ? `namespace \`${namespace}\``
          : PLACES.agent,
      [`${resource}${group === undefined ? "" : `.${group}`}`, subresource]
        .filter((part) => part !== undefined)
        .join("/"),
      why,
    ].join("|"),
  );
  return table(
    ["where", "what", "verbs", "why"],
    [...grouped].map(([key, of]) => {
      const [where = "", what = "", why = ""] = key.split("|");
      return [where, what, of.map(({ verb }) => verb).join(", "), why];
    }),
  );
};

const capabilityTable = (): string =>
  table(
    ["capability", "why"],
    Object.entries(CAPABILITIES).map(([name, why]) => [`\`${name}\``, why]),
  );

const COLUMN_TYPES: Readonly<Record<ColumnType, string>> = {
  text: "text",
  time: "time",
  figure: "number",
  count: "whole number",
  flag: "true or false",
};

/** Those that every table has once, and then each table with its own. */
const lakeTables = (): string => {
  const all = LAKE_TABLES.map((one) => ({ ...one, columns: columnsOf(one.row) }));
  const [first] = all;
  const common = (first?.columns ?? []).filter(({ name }) =>
    all.every(({ columns }) => columns.some((column) => column.name === name)),
  );
  const names = new Set(common.map(({ name }) => name));
  const columnTable = (columns: typeof common): string =>
    table(
      ["column", "type", "may lack", "what it is"],
      columns.map(({ name, type, mayLack, description }) => [
        `\`${name}\``,
        COLUMN_TYPES[type],
        mayLack ? "yes" : "",
        description,
      ]),
    );
  return [
    `### Every table\n\n${columnTable(common)}`,
    ...all.map(
      ({ name, summary, columns }) =>
        `### \`${name}\`\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.\n\n${columnTable(columns.filter((column) => !names.has(column.name)))}`,
    ),
  ].join("\n\n");
};

/** @throws Error when the text lacks the markers of a part */
export const withParts = (text: string, parts: ReadonlyMap<string, string>): string => {
  let changed = text;
  for (const [name, part] of parts) {
    const [begin, end] = [`<!-- ${name}: npm run docs -->`, `<!-- end of ${name} -->`];
    const [from, to] = [changed.indexOf(begin), changed.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page lacks "${begin}" ... "${end}"`);
    changed = `${changed.slice(0, from + begin.length)}\n\n${part}\n\n${changed.slice(to)}`;
  }
  return changed;
};

const entries = (explanations: Iterable<Explanation>): string =>
  [...explanations]
    .map(
      ({ title, meaning, next }) =>
        `**${title}**: ${[meaning, next].filter((text) => text !== "").join(" ")}`,
    )
    .join("\n\n");

const glossary = (): string =>
  [
    "# Glossary",
    "The words of reports, docs and code, each with one meaning. `tare explain WORD` prints the same text.",
    "## The method",
    entries(TERMS.values()),
    "## Verdicts",
    entries(Object.values(VERDICTS)),
    "## Metrics",
    entries(METRIC_EXPLANATIONS.values()),
    "## Exit codes",
    entries(EXIT_CODES.values()),
    "",
  ].join("\n\n");

/** Every generated file with the text that it must hold, as prettier formats it. */
export const generatedDocs = async (): Promise<ReadonlyMap<string, string>> => {
  const scenarios = [...(await loadFolder<Scenario>(join(ROOT, "scenarios"))).values()];
  const loaded = [...(await loadFolder<Agent>(join(ROOT, "src/agents"))).values()];
  const agents = loaded.filter(({ role }) => role === "sensor");
  const sensors = sensorsOf(agents, await readTried(ROOT, agents));
  const page = async (file: string, parts: ReadonlyMap<string, string>): Promise<[string, string]> => [
    file,
    withParts(await readFile(join(ROOT, file), "utf8"), parts),
  ];
  const files = new Map([
    await page(
      "README.md",
      new Map([
        ["scenarios", scenarioTable(scenarios)],
        ["agents", agentTable(sensors)],
      ]),
    ),
    ...sensors.map((sensor): [string, string] => [pageOf(sensor.name), agentPage(sensor)]),
    ["docs/seen.md", seenPage(await readSeen(ROOT))],
    ["docs/agents-in-guests.md", agentsPage(await readInGuests(ROOT))],
    await page("docs/budgets.md", new Map([["default budget", budgetTable()]])),
    await page(
      "docs/profiles.md",
      new Map([
        ["profiles", profileTable()],
        ["loads", loadTable(scenarios)],
      ]),
    ),
    await page("docs/example-run.md", exampleTables(await readExampleRun(ROOT))),
    await page("docs/coverage.md", new Map([["techniques", techniqueTable()]])),
    await page(
      "docs/kubernetes.md",
      new Map([
        ["rights", rightsTable()],
        ["your rights", userRightsTable()],
        ["capabilities", capabilityTable()],
      ]),
    ),
    await page("docs/lake.md", new Map([["columns", lakeTables()]])),
    ["docs/glossary.md", glossary()],
  ]);
  const formatted = new Map<string, string>();
  for (const [file, text] of files) {
    const path = join(ROOT, file);
    formatted.set(file, await format(text, { ...(await resolveConfig(path)), filepath: path }));
  }
  return formatted;
};

if (import.meta.main) {
  for (const [file, text] of await generatedDocs()) {
    await writeFile(join(ROOT, file), text);
    console.error(`wrote ${file}`);
  }
}
