/**
 * Reads a custom agent's file: what it must hold is in `spec.ts`, what a schema cannot say is checked after it. Pure: text in, specification
 * out; every fault is told with file, line and what was expected.
 */
import type { Path } from "../../domain/schema.ts";
import { FAMILIES } from "../../domain/units.ts";
import { readYaml, type YamlFile } from "../../domain/yaml-file.ts";
import { PLACEHOLDERS, namesIn } from "./placeholders.ts";
import { CustomSpec } from "./spec.ts";

const HINT = "see docs/custom-agents.md for the format and an example";

type Refuse = YamlFile<unknown>["refuse"];

/** @throws TareError `usage` for the first fault. `taken`: ids that other agents have. */
export const readCustomAgent = (text: string, file: string, taken: readonly string[] = []): CustomSpec => {
  const { content, refuse } = readYaml(CustomSpec, text, file, HINT);
  if (taken.includes(content.id)) {
    refuse(["id"], `another agent is named "${content.id}"; choose another id`);
  }
  checkEvents(content, refuse);
  checkBuffers(content, refuse);
  const known = [...PLACEHOLDERS, ...Object.keys(content.buffers?.usual ?? {})];
  checkPlaceholders(content, [], known, refuse);
  return content;
};

/** What is observed must appear in an output, or it cannot be counted. */
const checkEvents = (
  { observes, events = [], "events-optional": optional }: CustomSpec,
  refuse: Refuse,
): void => {
  const untold = observes.filter((family) => events.every((entry) => entry[family] === undefined));
  if (untold.length > 0 && optional !== true) {
    refuse(
      ["observes"],
      `no entry of "events" tells of ${untold.join(", ")}; add one, or write "events-optional: true" to measure its cost only`,
    );
  }
  for (const [index, entry] of events.entries()) {
    const other = FAMILIES.find((family) => entry[family] !== undefined && !observes.includes(family));
    if (other !== undefined) {
      refuse(["events", index, other], `it tells of ${other}, which "observes" does not name`);
    }
  }
};

const checkBuffers = ({ buffers }: CustomSpec, refuse: Refuse): void => {
  if (buffers === undefined) return;
  const [usual, smallest] = [Object.keys(buffers.usual).sort(), Object.keys(buffers.smallest).sort()];
  if (usual.join() !== smallest.join()) {
    refuse(
      ["buffers"],
      `"usual" and "smallest" must name the same values: ${usual.join(", ")} and ${smallest.join(", ")}`,
    );
  }
  const clash = usual.find((name) => PLACEHOLDERS.some((known) => known === name));
  if (clash !== undefined) refuse(["buffers", "usual", clash], `"${clash}" is tare's own placeholder`);
};

const checkPlaceholders = (value: unknown, path: Path, known: readonly string[], refuse: Refuse): void => {
  if (typeof value === "string") {
    const unknown = namesIn(value).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      refuse(path, `unknown placeholder {{${unknown}}}; known: ${known.join(", ")}`);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkPlaceholders(inner, [...path, Array.isArray(value) ? Number(key) : key], known, refuse);
    }
  }
};
