/** What a bench was drawn from, for the page over its records: on this machine, and in the cluster for who collects elsewhere. */
import type { BenchFile } from "../../domain/bench-file.ts";
import { BenchFile as Schema } from "../../domain/bench-file.ts";
import { checkedJson } from "../../domain/schema.ts";
import type { FoundBench } from "../../k8s/bench/find.ts";
import type { Choice } from "../../k8s/choose/choose.ts";
import { worded } from "../../k8s/choose/refusal-words.ts";
import { stratumText } from "../../k8s/choose/strata.ts";
import { BENCH_FACTS } from "../../k8s/objects/labels.ts";

export const benchFileOf = (bench: string, { seed, kinds, nodes }: Choice): BenchFile => {
  const names = kinds.map(({ stratum }) => stratumText(stratum));
  const seen = nodes.map(({ name, stratum, refusals, isChosen }) => ({
    name,
    isChosen,
    kind: names.indexOf(stratumText(stratum)),
    why: refusals.length === 0 ? null : refusals.map((refusal) => worded(refusal).reason).join("; "),
  }));
  const groups = Map.groupBy(
    seen.filter(({ isChosen }) => !isChosen),
    ({ kind, why }) => JSON.stringify([kind, why]),
  );
  return {
    tare: "bench",
    schema: 1,
    bench,
    seed,
    kinds: kinds.map((kind, index) => ({
      name: names[index] ?? "",
      nodes: kind.nodes,
      fit: kind.fit,
      drawn: kind.chosen,
    })),
    drawn: seen.filter(({ isChosen }) => isChosen).map(({ name, kind }) => ({ node: name, kind, why: null })),
    leftOut: [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first === undefined
        ? []
        : [{ kind: first.kind, why: first.why, count: group.length, nodes: group.map(({ name }) => name) }];
    }),
  };
};

/** Of all annotations of an object together the server takes 256 KiB. */
const MAX_BYTES = 64 * 1024;
const NAMES = [Infinity, 100, 20, 5, 0];

/** As an annotation; of many nodes fewer names. Undefined where even that is too much: it is on the machine that began the bench. */
export const benchAnnotation = (file: BenchFile): string | undefined =>
  NAMES.map((most) =>
    JSON.stringify({
      ...file,
      leftOut: file.leftOut.map((one) => ({ ...one, nodes: one.nodes.slice(0, most) })),
    }),
  ).find((text) => Buffer.byteLength(text) <= MAX_BYTES);

/** As the cluster still has it. */
export const benchFactsIn = ({ nodes }: FoundBench): BenchFile | undefined => {
  for (const { job } of nodes) {
    const text = job.metadata?.annotations?.[BENCH_FACTS];
    if (text === undefined) continue;
    const read = checkedJson(Schema, text, BENCH_FACTS);
    // Another version's.
    if (read.kind === "fits") return read.content;
  }
  return undefined;
};

/** `said`: what became of each node of which no record came. */
export const withEndings = (file: BenchFile, said: ReadonlyMap<string, string>): BenchFile => ({
  ...file,
  drawn: file.drawn.map((one) => ({ ...one, why: said.get(one.node) ?? null })),
});
