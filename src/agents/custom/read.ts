/**
 * Reads a custom agent's file: what it must hold is in `spec.ts`, what a schema cannot say is checked after it. Pure: text in, specification
 * out; every fault is told with file, line and what was expected.
 */
import { nameOf, type Path } from "../../domain/schema.ts";
import { FAMILIES } from "../../domain/units.ts";
import { readYaml } from "../../domain/yaml-file.ts";
import { PLACEHOLDERS, namesIn } from "./placeholders.ts";
import { CustomSpec } from "./spec.ts";

const HINT = "see docs/custom-agents.md for the format and an example";

/** @throws TareError `usage` for the first fault. `taken`: ids that other agents have. */
export const readCustomAgent = (text: string, file: string, taken: readonly string[] = []): CustomSpec => {
  const { content, refuse } = readYaml(CustomSpec, text, file, HINT);
  for (const [path, what] of faultsIn(content, taken)) refuse(path, what);
  return content;
};

/** What the schema cannot say. */
const faultsIn = (spec: CustomSpec, taken: readonly string[]): readonly (readonly [Path, string])[] => [
  ...(taken.includes(spec.id)
    ? [[["id"], `another agent is named "${spec.id}"; choose another id`] as const]
    : []),
  ...eventFaults(spec),
  ...patternsIn(spec).flatMap(([path, pattern, groups]) => patternFaults(path, pattern, groups)),
  ...bufferFaults(spec),
  ...placeholderFaults(spec, spec, []),
];

/** What is observed must appear in an output, or it cannot be counted. */
const eventFaults = (spec: CustomSpec): readonly (readonly [Path, string])[] => {
  const events = spec.events ?? [];
  const told = spec.observes.filter((family) => events.some((entry) => entry[family] !== undefined));
  const untold = spec.observes.filter((family) => !told.includes(family));
  return [
    ...(untold.length > 0 && spec["events-optional"] !== true
      ? [
          [
            ["observes"],
            `no entry of "events" tells of ${untold.join(", ")}; add one, or write "events-optional: true" to measure its cost only`,
          ] as const,
        ]
      : []),
    ...events.flatMap((entry, index) =>
      FAMILIES.flatMap((family) =>
        entry[family] !== undefined && !spec.observes.includes(family)
          ? [[["events", index, family], `it tells of ${family}, which "observes" does not name`] as const]
          : [],
      ),
    ),
  ];
};

/** Each with how many groups it needs. */
const patternsIn = (spec: CustomSpec): readonly (readonly [Path, string, 0 | 1])[] => [
  ...(spec.version === undefined ? [] : [[["version", "pattern"], spec.version.pattern, 1] as const]),
  ...(spec.ready === undefined ? [] : [[["ready", "pattern"], spec.ready.pattern, 0] as const]),
  ...(spec.loss === undefined ? [] : [[["loss", "pattern"], spec.loss.pattern, 1] as const]),
];

const patternFaults = (path: Path, pattern: string, groups: 0 | 1): readonly (readonly [Path, string])[] => {
  let found: number;
  try {
    // An empty alternative always matches, and shows how many groups there are.
    found = (new RegExp(`${pattern}|`, "m").exec("")?.length ?? 1) - 1;
  } catch (error) {
    return [
      [
        path,
        `${nameOf(path, "the file")} is no regular expression: ${error instanceof Error ? error.message : String(error)}`,
      ],
    ];
  }
  return groups === 1 && found !== 1
    ? [
        [
          path,
          `${nameOf(path, "the file")} needs exactly one group in parentheses, for what is read; it has ${found}`,
        ],
      ]
    : [];
};

const bufferFaults = ({ buffers }: CustomSpec): readonly (readonly [Path, string])[] => {
  if (buffers === undefined) return [];
  const [usual, smallest] = [Object.keys(buffers.usual).sort(), Object.keys(buffers.smallest).sort()];
  const clash = usual.find((name) => PLACEHOLDERS.some((known) => known === name));
  return [
    ...(usual.join() === smallest.join()
      ? []
      : [
          [
            ["buffers"],
            `"usual" and "smallest" must name the same values: ${usual.join(", ")} and ${smallest.join(", ")}`,
          ] as const,
        ]),
    ...(clash === undefined
      ? []
      : [[["buffers", "usual", clash], `"${clash}" is tare's own placeholder`] as const]),
  ];
};

const placeholderFaults = (
  spec: CustomSpec,
  value: unknown,
  path: Path,
): readonly (readonly [Path, string])[] => {
  if (typeof value === "string") {
    const known: readonly string[] = [...PLACEHOLDERS, ...Object.keys(spec.buffers?.usual ?? {})];
    const unknown = namesIn(value).find((name) => !known.includes(name));
    return unknown === undefined
      ? []
      : [[path, `unknown placeholder {{${unknown}}}; known: ${known.join(", ")}`]];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    placeholderFaults(spec, inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
};
