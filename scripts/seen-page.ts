/**
 * docs/seen.md from docs/agents/seen: what `tare coverage --json` printed where it was run, without its examples.
 * `node scripts/seen-page.ts FILE NAME` keeps such a file in docs/agents/seen/NAME.json, beside the agents that are there and not in FILE.
 */
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import type { From } from "../src/domain/schema.ts";
import { GROUPS, type Group } from "../src/domain/technique.ts";
import { TECHNIQUES } from "../src/domain/techniques/all.ts";
import { CoverageJson } from "../src/report/coverage-json.ts";
import { toldSign } from "../src/report/words/matrix.ts";
import { table } from "./agent-pages/table.ts";
import { readChecked } from "./read-checked.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FOLDER = "docs/agents/seen";

const Seen = z.strictObject({
  system: z.string(),
  architecture: z.string(),
  kernel: z.string(),
  emulated: z.boolean(),
  on: z.iso.date(),
  agents: z.array(
    z.strictObject({
      id: z.string(),
      version: z.string(),
      on: z.iso.date().exactOptional().describe("Absent: when all others were."),
    }),
  ),
  told: z
    .record(z.string(), z.string())
    .describe("By technique: a sign for each of the agents, in their order; x: not tried."),
  notDone: z.array(z.strictObject({ technique: z.string(), under: z.array(z.string()), why: z.string() })),
  untried: z.array(z.strictObject({ agent: z.string(), why: z.string() })).exactOptional(),
});
type Seen = From<typeof Seen>;

const NOT_DONE = "x";

/** @throws Error where nothing was tried */
const seenOf = ({ host, run, agents, matrix }: CoverageJson): Seen => {
  if (matrix === null) throw new Error(`nothing was tried in run ${run.id}`);
  const signs = new Map(matrix.cells.map((cell) => [`${cell.technique} ${cell.agent}`, toldSign(cell)]));
  return {
    system: host.distribution,
    architecture: host.arch,
    kernel: host.kernel,
    emulated: host.emulated,
    on: run.startedAt.slice(0, 10),
    agents: matrix.agents.map((id) => ({
      id,
      version: agents.find((agent) => agent.id === id)?.version ?? "unknown",
    })),
    told: Object.fromEntries(
      matrix.techniques.map((technique) => [
        technique,
        matrix.agents.map((agent) => signs.get(`${technique} ${agent}`) ?? NOT_DONE).join(""),
      ]),
    ),
    notDone: matrix.skipped.map(({ technique, agents: under, reason }) => ({
      technique,
      under: under.length === matrix.agents.length ? [] : under,
      why: reason,
    })),
    ...untriedOf(
      matrix.untried.flatMap(({ agent, outcome }) =>
        outcome.kind === "skipped" ? [{ agent, why: outcome.reason }] : [],
      ),
    ),
  };
};

const untriedOf = (untried: NonNullable<Seen["untried"]>): Pick<Seen, "untried"> =>
  untried.length === 0 ? {} : { untried };

const familyOf = ({ id }: Seen["agents"][number]): string => id.split("@")[0] ?? id;

/** What was seen since, in the place of what it was before; what nobody has tried again stays. */
export const merged = (kept: Seen, since: Seen): Seen => {
  for (const key of ["system", "architecture", "kernel", "emulated"] as const) {
    if (kept[key] !== since[key])
      throw new Error(`it is of another node: ${key} is ${since[key]}, and there ${kept[key]}`);
  }
  const sinceThen = new Set(
    [...since.agents, ...(since.untried ?? []).map(({ agent: id }) => ({ id }))].map(({ id }) => id),
  );
  const staying = kept.agents.filter(({ id }) => !sinceThen.has(id));
  const dated = since.agents.map((agent) => (since.on === kept.on ? agent : { ...agent, on: since.on }));
  const agents = [...staying, ...dated].toSorted((a, b) =>
    familyOf(a) < familyOf(b) ? -1 : Number(familyOf(a) > familyOf(b)),
  );
  const signOf = (technique: string, id: string): string => {
    const from = sinceThen.has(id) ? since : kept;
    return from.told[technique]?.[from.agents.findIndex((agent) => agent.id === id)] ?? NOT_DONE;
  };
  const techniques = [...new Set([...Object.keys(kept.told), ...Object.keys(since.told)])];
  const staysIn = ({ id }: { readonly id: string }): boolean => staying.some((agent) => agent.id === id);
  const notDone = [
    ...under(kept).map((row) => ({ ...row, under: row.under.filter((id) => staysIn({ id })) })),
    ...under(since),
  ].filter((row) => row.under.length > 0);
  const rows = [
    ...new Map(notDone.map(({ technique, why }) => [`${technique} ${why}`, { technique, why }])).values(),
  ];
  return {
    ...kept,
    agents,
    told: Object.fromEntries(
      techniques.map((technique) => [technique, agents.map(({ id }) => signOf(technique, id)).join("")]),
    ),
    notDone: rows.map(({ technique, why }) => {
      const same = notDone
        .filter((row) => row.technique === technique && row.why === why)
        .flatMap((row) => row.under);
      return { technique, under: same.length === agents.length ? [] : same, why };
    }),
    ...untriedOf([
      ...(kept.untried ?? []).filter(({ agent }) => !sinceThen.has(agent)),
      ...(since.untried ?? []),
    ]),
  };
};

/** By name, where it was every agent. */
const under = ({ notDone, agents }: Seen): Seen["notDone"] =>
  notDone.map((row) => ({ ...row, under: row.under.length === 0 ? agents.map(({ id }) => id) : row.under }));

export const readSeen = async (root: string): Promise<readonly Seen[]> => {
  const folder = join(root, FOLDER);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return await Promise.all(files.map((name) => readChecked(join(folder, name), Seen)));
};

const groupTable = ({ agents, told }: Seen, group: Group): readonly string[] => {
  const rows = TECHNIQUES.filter((one) => one.group === group).flatMap(({ id }) => {
    const signs = told[id];
    return signs === undefined ? [] : [[`\`${id}\``, ...signs.split("").map((sign) => `\`${sign}\``)]];
  });
  return rows.length === 0
    ? []
    : [`${GROUPS[group]}:`, table(["technique", ...agents.map(({ id }) => `\`${id}\``)], rows)];
};

const notDoneTable = ({ notDone }: Seen): readonly string[] =>
  notDone.length === 0
    ? []
    : [
        "Not tried:",
        table(
          ["technique", "under", "why"],
          notDone.map(({ technique, under, why }) => [
            `\`${technique}\``,
            under.join(", ") || "every agent",
            why,
          ]),
        ),
      ];

const untriedList = ({ untried = [] }: Seen): readonly string[] =>
  untried.length === 0
    ? []
    : [
        "Under these nothing was tried:",
        untried.map(({ agent, why }) => `- \`${agent}\`: ${why}`).join("\n"),
      ];

const section = (seen: Seen): string =>
  [
    `## ${seen.system}, ${seen.architecture}, kernel ${seen.kernel}`,
    `${seen.on}${seen.emulated ? ", on an emulated CPU" : ""}. ${seen.agents.map(({ id, version, on }) => `${id} ${version}${on === undefined ? "" : `, ${on}`}`).join("; ")}.`,
    ...(Object.keys(GROUPS) as Group[]).flatMap((group) => groupTable(seen, group)),
    ...notDoneTable(seen),
    ...untriedList(seen),
  ].join("\n\n");

export const seenPage = (seen: readonly Seen[]): string =>
  [
    "# What agents were seen to see",
    `<!-- Generated by npm run docs from ${FOLDER}. Do not edit. -->`,
    "What `tare coverage` found where it was run, with tare's configuration of each agent. How it is tried and what each technique is: [coverage](coverage.md). `+`: every operation was reported with the process that did it and the object that it was done to; `~`: with a wrong or a relative one, or without; `-`: not reported; `?`: some of the times; `x`: not tried.",
    ...seen.map(section),
    "",
  ].join("\n\n");

if (import.meta.main) {
  const [file, name] = process.argv.slice(2);
  if (file === undefined || name === undefined) throw new Error("usage: node scripts/seen-page.ts FILE NAME");
  const seen = seenOf(await readChecked(file, CoverageJson));
  const path = join(ROOT, FOLDER, `${name}.json`);
  const kept = existsSync(path) ? await readChecked(path, Seen) : undefined;
  await writeFile(path, `${JSON.stringify(kept === undefined ? seen : merged(kept, seen), null, 2)}\n`);
}
