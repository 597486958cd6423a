/** A page for each file of src/agents that describes sensors, and README's table of them: from the data sheets and from what was tried. */
import type { Agent, Overload } from "../../src/domain/agent.ts";
import { blindSpotsOf } from "../../src/domain/claim.ts";
import { baseOf } from "../../src/domain/installed.ts";
import { FAMILIES } from "../../src/domain/units.ts";
import { type Row, table } from "./table.ts";
import type { Tried } from "./tried.ts";

interface Sensor {
  readonly name: string;
  readonly variants: readonly Agent[];
  readonly tried: readonly Tried[];
}

export const sensorsOf = (agents: readonly Agent[], tried: readonly Tried[]): readonly Sensor[] =>
  [...Map.groupBy(agents, ({ id }) => baseOf(id))].map(([name, variants]) => ({
    name,
    variants,
    tried: tried.filter((row) => row.agents.some((id) => baseOf(id) === name)),
  }));

export const pageOf = (name: string): string => `docs/agents/${name}.md`;

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const code = (text: string): string => `\`${text}\``;
const codes = (texts: readonly string[]): string => texts.map(code).join(", ");

/** Of what is measured for its cost alone no event is told. */
const told = ({ observes, uncounted = [] }: Agent): Agent["observes"] =>
  observes.filter((family) => !uncounted.includes(family));

const observed = (variants: readonly Agent[]): string =>
  FAMILIES.filter((family) => variants.some((variant) => told(variant).includes(family))).join(", ");

const observedText = (variant: Agent): string =>
  [
    told(variant).join(", ") || "nothing",
    ...(variant.uncounted === undefined ? [] : [`for their cost alone: ${variant.uncounted.join(", ")}`]),
  ].join("; ");

const installedBy = (variants: readonly Agent[]): string => {
  const packages = unique(variants.flatMap((variant) => variant.packages));
  const release = variants.find((variant) => variant.release !== undefined)?.release;
  if (release !== undefined) return `the vendor's release ${release.version}`;
  return packages.length === 0 ? "comes with tare" : `Debian's ${codes(packages)}`;
};

const versionsOf = (tried: readonly Tried[]): readonly string[] =>
  unique(tried.map(({ version }) => version)).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));

const measuredWhen = (variants: readonly Agent[]): string =>
  variants.some(({ optIn }) => optIn === undefined) ? "by default" : "when named";

export const agentTable = (sensors: readonly Sensor[]): string =>
  table(
    ["agent", "observes", "installed from", "measured", "run for real"],
    sensors.map(({ name, variants, tried }) => [
      `[${name}](${pageOf(name)})`,
      observed(variants),
      installedBy(variants),
      measuredWhen(variants),
      tried.length === 0 ? "**no**" : `yes: ${versionsOf(tried).join(", ")}`,
    ]),
  );

const overloadText = (overload: Overload): string => {
  switch (overload) {
    case "drops":
      return "drops events";
    case "blocks":
      return "makes the workload wait";
    case "none":
      return "cannot be overloaded";
  }
};

const counterText = ({ lossCounter, observes }: Agent): string => {
  if (lossCounter === undefined) return "it has none";
  const { unit, scope, perEvent = {} } = lossCounter;
  const ranges = observes.flatMap((family) => {
    const [least, most] = perEvent[family] ?? [1, 1];
    return least === most ? [] : [`${family} ${least} to ${most}`];
  });
  const whose = scope === "node" ? "of the whole node" : "of the workload";
  return `${unit} ${whose}${ranges.length === 0 ? "" : `; for one event: ${ranges.join(", ")}`}`;
};

const variantTable = (variants: readonly Agent[]): string =>
  table(
    ["id", "what it is", "observes", "when it cannot keep up", "its counter of losses counts"],
    variants.map((variant) => [
      code(variant.id),
      variant.title,
      observedText(variant),
      overloadText(variant.overload),
      counterText(variant),
    ]),
  );

/** What all variants say stands alone; what some say, with their names. */
const shared = (
  variants: readonly Agent[],
  textsOf: (variant: Agent) => readonly string[],
): readonly string[] =>
  unique(variants.flatMap(textsOf)).map((text) => {
    const saying = variants.filter((variant) => textsOf(variant).includes(text));
    return saying.length === variants.length ? text : `${codes(saying.map(({ id }) => id))}: ${text}`;
  });

const factsOf = ({
  optIn,
  isolation,
  residue,
  flushIntervalMs,
  handsOutInBatches,
  units,
}: Agent): readonly string[] => [
  ...(optIn === undefined ? [] : [`measured only when named: ${optIn}`]),
  ...(isolation === undefined
    ? []
    : [
        `runs with the workload in private namespaces: ${isolation.join(", ")} ([isolation](../isolation.md))`,
      ]),
  ...(residue === "audit"
    ? ["leaves an audit context to every process that is started later, until the next boot"]
    : []),
  ...(flushIntervalMs === undefined ? [] : [`holds events back for up to ${flushIntervalMs / 1000} s`]),
  ...(handsOutInBatches === true
    ? ["hands its last events out only when more have come, so they are pushed out before they are counted"]
    : []),
  ...(units === undefined
    ? []
    : [`as its owner's unit: ${code(`--attach ${units[0] ?? ""}`)} ([attach](../attach.md))`]),
];

const list = (texts: readonly string[]): string => texts.map((text) => `- ${text}`).join("\n");

const installing = ({ name, variants }: Sensor): string => {
  const release = variants.find((variant) => variant.release !== undefined)?.release;
  const packages = unique(variants.flatMap((variant) => variant.packages));
  const command = code(`tare agents install ${name}`);
  if (release !== undefined) {
    const files = Object.entries(release.files);
    const known = files.filter(([, { sha256 }]) => sha256 !== null).map(([architecture]) => architecture);
    const unknown = files.filter(([, { sha256 }]) => sha256 === null).map(([architecture]) => architecture);
    const lacking =
      unknown.length === 0 ? "" : ` For ${unknown.join(" and ")} none is known, so give \`--sha256\`.`;
    return `${command} fetches the vendor's release ${release.version}. Its SHA-256 for ${known.join(" and ")} is from ${release.checksumsFrom}.${lacking} More: [installing agents](../installing-agents.md).`;
  }
  return packages.length === 0
    ? "It comes with tare."
    : `${command} installs Debian's ${codes(packages)}. More: [installing agents](../installing-agents.md).`;
};

const NOT_TRIED = `The project has not run it: the adapter follows its source and its documentation. Check the first run with care.`;

/** Variants of which the same is said share a row. */
const triedRows = (tried: readonly Tried[]): readonly (readonly [ids: readonly string[], cells: Row])[] =>
  [
    ...Map.groupBy(tried, ({ build, where, what, outcome, date }) =>
      JSON.stringify([build, where, what, outcome, date]),
    ),
  ].map(([cells, rows]) => [rows.flatMap(({ agents }) => agents), JSON.parse(cells) as Row]);

const triedTable = ({ variants, tried }: Sensor): string => {
  const ids = variants.map(({ id }) => id);
  const untried = ids.filter((id) => !tried.some(({ agents }) => agents.includes(id)));
  const whose = (own: readonly string[]): string =>
    ids.every((id) => own.includes(id)) ? "all" : codes(own);
  const isOne = ids.length === 1;
  return [
    table(
      [...(isOne ? [] : ["id"]), "version", "where", "what", "outcome", "date"],
      triedRows(tried).map(([own, cells]) => [...(isOne ? [] : [whose(own)]), ...cells]),
    ),
    ...(untried.length === 0 ? [] : [`Not run by the project: ${codes(untried)}.`]),
    "[What the columns mean](README.md).",
  ].join("\n\n");
};

export const agentPage = (sensor: Sensor): string => {
  const { name, variants, tried } = sensor;
  const facts = shared(variants, factsOf);
  const homepage = unique(variants.map((variant) => variant.homepage).filter((url) => url !== ""));
  return [
    `# ${name}`,
    "<!-- Generated by npm run docs from the data sheet, tried.yaml and in-guests.json. Do not edit. -->",
    [
      `Data sheet: ${code(`src/agents/${name}.ts`)}.`,
      ...(homepage.length === 0 ? [] : [`Product: ${homepage.map((url) => `<${url}>`).join(", ")}.`]),
    ].join(" "),
    variantTable(variants),
    ...(facts.length === 0 ? [] : [list(facts)]),
    "## Installing",
    installing(sensor),
    "## What it does not see",
    list(shared(variants, ({ coverage }) => blindSpotsOf(coverage))),
    "## Tried",
    tried.length === 0 ? NOT_TRIED : triedTable(sensor),
    "",
  ].join("\n\n");
};
