/** What is said of a record from outside stands behind it, whatever comes when. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { VoidLine } from "../../src/domain/record.ts";
import { CHAIN_START, seal } from "../../src/record/chain.ts";
import { readRecord } from "../../src/record/reader.ts";
import { receiveRecord } from "../../src/record/receive.ts";
import { addVoids } from "../../src/record/voids.ts";
import { blockLine, HEADER } from "../support/record-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

let digest = CHAIN_START;
const LINES = [HEADER, ...Array.from({ length: 5 }, (_, block) => blockLine(block))].map((line) => {
  const sealed = seal(digest, line);
  ({ digest } = sealed);
  return sealed.text;
});

const voidOf = (wish: number): VoidLine => ({
  type: "void",
  agent: "daemonset:kube-system/tetragon",
  wish,
  why: "its hold was deleted",
  saidAt: "2026-01-01T00:00:00.000Z",
});

let count = 0;
const received = async (indexes: readonly number[], path?: string): Promise<string> => {
  count += 1;
  const at = path ?? join(folder, `${count}/record.jsonl`);
  const receiver = await receiveRecord(at);
  for (const index of indexes) await receiver.take(index, LINES[index] ?? "");
  await receiver.close();
  return at;
};

const wishesIn = async (path: string) => {
  const { lines, problems } = await readRecord(path);
  expect(problems).toEqual([]);
  return {
    types: lines.map(({ type }) => type),
    wishes: lines.flatMap((line) => (line.type === "void" ? [line.wish] : [])),
  };
};

test("it is a line of the chain, said once, and what the node wrote is as it was", async () => {
  const path = await received([0, 1, 2, 3, 4, 5]);
  const before = readFileSync(path, "utf8");
  await addVoids(path, [voidOf(3), voidOf(3)]);
  await addVoids(path, [voidOf(3), voidOf(5)]);
  expect(readFileSync(path, "utf8").startsWith(before)).toBe(true);
  expect(await wishesIn(path)).toEqual({
    types: ["header", "block", "block", "block", "block", "block", "void", "void"],
    wishes: [3, 5],
  });
});

test("a record that is collected again keeps it, and it stays behind what comes later", async () => {
  const path = await received([0, 1, 2]);
  await addVoids(path, [voidOf(3)]);
  const told = readFileSync(path, "utf8");
  await received([0, 1, 2], path);
  expect(readFileSync(path, "utf8")).toBe(told);
  await received([0, 1, 2, 3, 4, 5], path);
  await addVoids(path, [voidOf(3)]);
  expect(await wishesIn(path)).toEqual({
    types: ["header", "block", "block", "block", "block", "block", "void"],
    wishes: [3],
  });
});

test("a file without a last line's end gets it", async () => {
  count += 1;
  mkdirSync(join(folder, String(count)));
  const path = join(folder, `${count}/record.jsonl`);
  writeFileSync(path, LINES.slice(0, 3).join("\n"));
  await addVoids(path, [voidOf(1)]);
  expect((await wishesIn(path)).wishes).toEqual([1]);
});

test("what is cut in the middle is kept aside, and what was said of it is not lost", async () => {
  const path = await received([0, 1, 2]);
  await addVoids(path, [voidOf(4)]);
  const [header = "", first = "", , said = ""] = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, [header, first, (LINES[2] ?? "").slice(0, 30), said, ""].join("\n"));
  await received([0, 1, 2, 3], path);
  expect((await wishesIn(path)).wishes).toEqual([4]);
});
