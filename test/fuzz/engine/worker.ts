/** Fuzzes one target until it is told to stop, in a thread that may hang or run out of memory: `fuzz.ts` looks on. */
import { parentPort, workerData } from "node:worker_threads";
import { createRng } from "../../../src/domain/random.ts";
import { attempt } from "./attempt.ts";
import { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { BYTES_FROM, COUNT, LENGTH, type Orders, type Report } from "./shared.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";

/** Coverage is looked at after so long; each look costs some milliseconds. */
const BATCH_MS = 300;
const MAX_KEPT_BYTES = 1 << 14;

const orders = workerData as Orders;
const report = (one: Report): void => {
  // A port of a thread has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(one);
};
const numbers = new Int32Array(orders.shared, 0, 2);
const bytes = new Uint8Array(orders.shared, BYTES_FROM);

const loaded = (await import(`../targets/${orders.target}.ts`)) as { readonly default: Target };
const target = loaded.default;
const next = createRng(orders.seed);
const coverage = new Coverage();
const told = new Set<string>();

const tried = async (input: Buffer): Promise<void> => {
  const shown = input.subarray(0, bytes.length);
  bytes.set(shown);
  numbers[LENGTH] = shown.length;
  numbers[COUNT] = (numbers[COUNT] ?? 0) + 1;
  const finding = await attempt(target, input);
  if (finding === undefined) return;
  const { kind, what, place } = finding;
  if (told.has(place)) return;
  told.add(place);
  report({ kind: "found", what: kind, text: what, input: await shrink(target, input, finding) });
};

const triedAll = async (inputs: readonly Buffer[]): Promise<void> => {
  for (const input of inputs) await tried(input);
};

/** Those of the inputs that reach what is wanted, by halves. */
const reaching = async (
  inputs: readonly Buffer[],
  wanted: Parameters<Coverage["struck"]>[0],
): Promise<readonly Buffer[]> => {
  const [only] = inputs;
  if (only === undefined) return [];
  if (inputs.length === 1) {
    await tried(only);
    return coverage.struck(wanted) ? [only] : [];
  }
  const half = inputs.length >> 1;
  const found: Buffer[] = [];
  for (const some of [inputs.slice(0, half), inputs.slice(half)]) {
    const before = new Map([...wanted].map(([url, places]) => [url, places.slice()]));
    await triedAll(some);
    if (!coverage.struck(before)) continue;
    found.push(...(await reaching(some, wanted)));
  }
  return found;
};

const pool: Buffer[] = [
  ...target.seeds().map((seed) => Buffer.from(seed)),
  ...orders.corpus.map((one) => Buffer.from(one)),
];
coverage.news();
coverage.forget();
await triedAll((target.found?.() ?? []).map((one) => Buffer.from(one)));
await triedAll(pool);
coverage.news();
const first = coverage.blocks;
const until = performance.now() + orders.minutes * 60_000;
while (performance.now() < until) {
  const batch: Buffer[] = [];
  for (const end = performance.now() + BATCH_MS; performance.now() < end;) {
    const input = mutate(target, pool, next);
    batch.push(input);
    await tried(input);
  }
  const news = coverage.news();
  if (news.size === 0) continue;
  for (const input of await reaching(batch, news)) {
    if (input.length > MAX_KEPT_BYTES) continue;
    pool.push(input);
    report({ kind: "kept", input, blocks: coverage.blocks });
  }
}
const { blocks } = coverage;
coverage.forget();
const smallest: Buffer[] = [];
for (const input of pool.toSorted((a, b) => a.length - b.length)) {
  if (input.length > MAX_KEPT_BYTES) continue;
  await tried(input);
  if (coverage.news().size > 0) smallest.push(input);
}
report({ kind: "done", blocks, first, smallest });
