/** The file that a bench of a cluster leaves beside its records: which nodes there were, and why the others were not measured. */
import { basename, dirname, join, resolve } from "node:path";
import { BENCH_FILE, BenchFile } from "../domain/bench-file.ts";
import type { Unread } from "../domain/comparison.ts";
import type { Host } from "../domain/host.ts";
import { checkedJson } from "../domain/schema.ts";
import { known } from "../domain/units.ts";
import { recordPath } from "../record/files.ts";
import { writeForUser } from "./write.ts";

/** A shell's `results/BENCH/*` names it among the records. */
export const isBenchFile = (path: string): boolean => basename(path) === BENCH_FILE;

type Reading = Pick<Host, "readText">;

const read = async (host: Reading, path: string): Promise<BenchFile | string | undefined> => {
  const text = known(await host.readText(path));
  if (text === undefined) return undefined;
  const found = checkedJson(BenchFile, text, BENCH_FILE);
  return found.kind === "fits" ? found.content : found.what;
};

/** Undefined where there is none, or none that this tare reads. */
export const readBenchFile = async (host: Reading, folder: string): Promise<BenchFile | undefined> => {
  const found = await read(host, join(folder, BENCH_FILE));
  return typeof found === "object" ? found : undefined;
};

export const writeBenchFile = async (folder: string, bench: BenchFile): Promise<void> => {
  await writeForUser(join(folder, BENCH_FILE), `${JSON.stringify(bench, null, 2)}\n`);
};

/** Those that are named, and those above the folders of the records, each once. Records that were collected by hand have none. */
export const benchFilesOf = async (
  host: Reading,
  paths: readonly string[],
): Promise<{ readonly benches: readonly BenchFile[]; readonly unread: readonly Unread[] }> => {
  const named = paths.filter(isBenchFile).map((path) => resolve(path));
  const records = paths.filter((path) => !isBenchFile(path));
  const beside: string[] = [];
  for (const path of records) {
    const record = resolve(await recordPath(path));
    beside.push(join(dirname(dirname(record)), BENCH_FILE));
  }
  const benches = new Map<string, BenchFile>();
  const unread: Unread[] = [];
  for (const path of new Set([...named, ...beside])) {
    const found = await read(host, path);
    if (typeof found === "object") benches.set(found.bench, found);
    // One that nobody named may be another program's.
    else if (found !== undefined && named.includes(path)) unread.push({ path: BENCH_FILE, why: found });
  }
  return { benches: [...benches.values()], unread };
};
