/**
 * The count of tare's own sensor that is kept with the sources (results/examples/count), and a new one beside it: whether an event has become dearer.
 * Only counts of the same emulator, kernel and compilers say that of the sources.
 */
import { join } from "node:path";
import { diffRecords } from "../../analyse/compare/diff.ts";
import type { Loaded } from "../../analyse/compare/conditions.ts";
import type { Change } from "../../domain/comparison.ts";
import { operationsOf } from "../../domain/scenario.ts";
import { trialsIn } from "../../domain/plan.ts";
import { CLONE } from "../../machines/clone.ts";
import type { Architecture } from "../../machines/guests.ts";
import { readRecord } from "../../record/reader.ts";
import { viewOf } from "../../session/view.ts";
import type { inputsBeforehand } from "./count-architecture.ts";

/** Of what an event or an operation took before, percent. */
const MAX_RISE = 1;

export const baselineRecord = (architecture: Architecture): string =>
  join(CLONE, "results/examples/count", architecture, "record.jsonl");

export const loadCount = async (path: string): Promise<Loaded> => {
  const record = await readRecord(path);
  return { header: record.header, view: viewOf(record) };
};

/** How the kept count was made, for one to be made like it. */
export const shapeOf = ({
  header,
}: Loaded): { readonly operations: number; readonly seeds: readonly number[] } => {
  const [trial] = trialsIn(header.plan);
  return {
    operations: trial === undefined ? 0 : operationsOf(trial.load),
    seeds: header.counting?.seeds ?? [],
  };
};

const TUPLE: readonly (readonly [name: string, read: (loaded: Loaded) => string | undefined])[] = [
  ["QEMU", ({ header }) => header.counting?.qemu],
  ["QEMU's arguments", ({ header }) => header.counting?.machine.join(" ")],
  ["the kernel", ({ header }) => `${header.host.kernel}, ${header.counting?.kernel.slice(0, 12) ?? ""}`],
  ["the kernel's arguments", ({ header }) => header.counting?.kernelLine],
  ["the CPU", ({ header }) => header.host.cpuModel],
  ["the compilers", ({ header }) => header.counting?.compilers],
];

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Guests that are made of the same and told the same say the same: there is nothing to count. */
export const isCountedAlready = (
  { header: { counting } }: Loaded,
  inputs: Awaited<ReturnType<typeof inputsBeforehand>>,
): boolean =>
  counting !== undefined &&
  Object.entries(inputs).every(([name, its]) => isSame(its, counting[name as keyof typeof inputs]));

const riseText = ({ scenario, metric, old, new: now, difference, unit }: Change): string => {
  const percent = (100 * difference.value) / old.absolute.value;
  return `${scenario}: ${metric} ${Math.round(old.absolute.value)} -> ${Math.round(now.absolute.value)} ${unit} (${percent > 0 ? "+" : ""}${percent.toFixed(1)} %)`;
};

export type Against =
  /** Not of the sources alone: these differ. */
  | { readonly kind: "other-tuple"; readonly differs: readonly string[] }
  | { readonly kind: "compared"; readonly rises: readonly string[]; readonly falls: readonly string[] };

/** Told are changes beyond the error bar, as `tare diff` finds them; risen is what is also more than `MAX_RISE` of what it was. */
export const against = (kept: Loaded, now: Loaded): Against => {
  const differs = TUPLE.flatMap(([name, read]) =>
    read(kept) === read(now) ? [] : [`${name}: ${read(kept) ?? "not told"}, now ${read(now) ?? "not told"}`],
  );
  if (differs.length > 0) return { kind: "other-tuple", differs };
  const diffed = diffRecords(kept, now);
  if (diffed.kind === "refused")
    return {
      kind: "other-tuple",
      differs: diffed.conflicts.map(({ key, values }) => `${key}: ${values.join(", now ")}`),
    };
  const beyond = diffed.diff.changes.filter(
    ({ old, difference }) => Math.abs(difference.value) > (Math.abs(old.absolute.value) * MAX_RISE) / 100,
  );
  const of = (outcome: "worse" | "better"): readonly string[] =>
    beyond.filter((change) => change.outcome === outcome).map(riseText);
  return { kind: "compared", rises: of("worse"), falls: of("better") };
};
