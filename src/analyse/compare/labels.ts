/** Names by which people tell the records of one comparison apart: as short as what differs allows. */
import type { Loaded } from "./loaded.ts";

const PARTS: readonly ((loaded: Loaded) => string)[] = [
  ({ header }) => header.host.arch,
  ({ header }) => header.host.kernel,
  ({ header }) => header.host.hostname,
  ({ header }) => header.startedAt.slice(0, 10),
  ({ header }) => header.startedAt.slice(11, 16),
  ({ header }) => header.run,
];

/** Parts are added until the names are unique; a part that is the same for all is left out. A record that is given twice gets a number. */
export const labelsOf = (sides: readonly Loaded[]): readonly string[] => {
  let labels: readonly string[] = sides.map(() => "");
  for (const part of PARTS) {
    if (new Set(labels).size === sides.length) break;
    const texts = sides.map(part);
    if (new Set(texts).size === 1) continue;
    labels = labels.map((label, index) => [label, texts[index] ?? ""].filter((one) => one !== "").join(", "));
  }
  return labels.map((label, index) => {
    const same = labels.filter((other) => other === label).length > 1;
    const header = sides[index]?.header;
    const name = label === "" ? (header?.run ?? "") : label;
    // The label stands beside every figure, and a figure of time from a simulated CPU must not be taken for a real one.
    const mark = header?.host.emulated === true ? " (emulated)" : "";
    return same ? `${name} #${index + 1}${mark}` : `${name}${mark}`;
  });
};
