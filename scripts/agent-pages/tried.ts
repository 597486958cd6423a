/** What the project has run of which agent, from docs/agents/tried.yaml and docs/agents/in-guests.json. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Agent } from "../../src/domain/agent.ts";
import { baseOf } from "../../src/domain/installed.ts";
import { readYaml } from "../../src/domain/yaml-file.ts";
import { AgentsInGuests, type InGuest } from "../../src/machines/jobs/agents-in-guests.ts";
import { outcomeOf, packagesOf } from "../../src/machines/jobs/agents-page.ts";

const Place = z.strictObject({
  system: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  emulated: z.boolean(),
  without: z.string().exactOptional(),
});

const TriedFile = z.strictObject({
  places: z.record(z.string(), Place),
  tried: z.array(
    z.strictObject({
      agents: z.array(z.string()).min(1),
      version: z.string(),
      from: z.enum(["debian", "source", "vendor", "clone"]),
      in: z.string(),
      what: z.enum(["contract", "run", "rates", "overflow", "attached", "coverage", "policy"]),
      on: z.iso.date(),
      outcome: z.string(),
    }),
  ),
});
type TriedFile = z.output<typeof TriedFile>;

export interface Tried {
  /** Ids of the variants that were tried. */
  readonly agents: readonly string[];
  /** As the product's maker names it. */
  readonly version: string;
  /** The same with where it is from: "3.0.9, built from source". */
  readonly build: string;
  readonly where: string;
  readonly what: string;
  readonly outcome: string;
  readonly date: string;
}

const FROM: Readonly<Record<TriedFile["tried"][number]["from"], string>> = {
  debian: "Debian's package",
  source: "built from source",
  vendor: "the vendor's release",
  clone: "of this repository",
};

const placeText = ({ system, kernel, architecture, emulated, without }: z.output<typeof Place>): string =>
  [
    `${system}, kernel ${kernel}, ${architecture}`,
    ...(emulated ? ["emulated"] : []),
    ...(without === undefined ? [] : [`without ${without}`]),
  ].join(", ");

/** @throws TareError `usage` for a row that names no agent or no place, with its line */
export const readTriedFile = (text: string, file: string, known: readonly Agent[]): readonly Tried[] => {
  const ids = known.map(({ id }) => id);
  const { content, refuse } = readYaml(TriedFile, text, file, "see the comment at its beginning");
  return content.tried.map((row, index) => {
    const at = ["tried", index];
    const place = content.places[row.in];
    if (place === undefined) return refuse([...at, "in"], `there is no place "${row.in}"`);
    const agents = row.agents.flatMap((name) => {
      const meant = ids.includes(name) ? [name] : ids.filter((id) => baseOf(id) === name);
      return meant.length > 0 ? meant : refuse([...at, "agents"], `there is no agent "${name}"`);
    });
    const { version, what, outcome } = row;
    return {
      agents,
      version,
      build: `${version}, ${FROM[row.from]}`,
      where: placeText(place),
      what,
      outcome,
      date: row.on,
    };
  });
};

/** `1:3.0.9-1` -> `3.0.9`; `0.26.0+ds-1` -> `0.26.0` */
const upstream = (version: string): string => version.replace(/^\d+:/, "").replace(/[-+].*$/, "");

/** That of the package that has the agent's name; else of the first. */
const ownVersion = ({ name, packages }: InGuest): string =>
  upstream(packages[baseOf(name)] ?? Object.values(packages)[0] ?? "");

const fromGuests = (guests: AgentsInGuests): readonly Tried[] =>
  guests.flatMap(({ release, architecture, kernel, agents }) =>
    agents.map((one) => ({
      agents: [one.name],
      version: ownVersion(one),
      build: packagesOf(one),
      where: `Debian ${release}, kernel ${kernel}, ${architecture}, emulated`,
      what: "contract",
      outcome: outcomeOf(one),
      date: one.date,
    })),
  );

export const readInGuests = async (root: string): Promise<AgentsInGuests> =>
  AgentsInGuests.parse(JSON.parse(await readFile(join(root, "docs/agents/in-guests.json"), "utf8")));

export const readTried = async (root: string, agents: readonly Agent[]): Promise<readonly Tried[]> => {
  const file = "docs/agents/tried.yaml";
  const rows = [
    ...readTriedFile(await readFile(join(root, file), "utf8"), file, agents),
    ...fromGuests(await readInGuests(root)),
  ];
  return rows.toSorted((a, b) => b.date.localeCompare(a.date));
};
