/** How far an output had come by a mark, although it is read only later and at once. */
import { expect, test } from "vitest";
import type { AgentOutput } from "../../src/domain/agent.ts";
import { follow, type Follower } from "../../src/run/follow.ts";
import { FakeHost } from "../support/fake-host.ts";

const TRIAL = {
  id: "00a1",
  load: { kind: "closed", batches: 1, batchOperations: 10, warmupOperations: 0 },
} as const;
const VIEW = { family: "file", tokenIn: "path" } as const;

const host = new FakeHost();

const token = (operation: number): string => `open /w/TK-00a1/0000000${operation}\n`;

const write = (path: string, text: string): void => {
  host.files.set(path, (host.files.get(path) ?? "") + text);
};

const following = async (...outputs: readonly AgentOutput[]): Promise<Follower> => {
  for (const { path } of outputs) host.files.set(path, "before\n");
  const follower = await follow(host, outputs, VIEW, TRIAL);
  if (follower === undefined) throw new Error("it is not followed");
  return follower;
};

const output = (path: string): AgentOutput => ({ path, forms: { file: { kind: "text" } } });

test("what was written by a mark is told from what came after it, also where a line is cut in two by it", async () => {
  const follower = await following(output("/a"));
  write("/a", token(0) + token(1).slice(0, 10));
  await follower.mark();
  write("/a", token(1).slice(10) + token(2));
  await follower.mark();
  write("/a", token(3));
  expect(follower.delivered()).toEqual([]);
  await follower.advance();
  expect(follower.delivered()).toEqual([1, 3]);
  expect(follower.counts().delivered).toBe(4);
});

test("of several outputs it is the sum at the same mark", async () => {
  const follower = await following(output("/b"), output("/c"));
  write("/b", token(0));
  write("/c", token(1) + token(2));
  await follower.mark();
  write("/c", token(3));
  await follower.mark();
  await follower.advance();
  expect(follower.delivered()).toEqual([3, 4]);
});

test("a mark at which all was read counts at once, and none of those before what was forgotten", async () => {
  const follower = await following(output("/d"));
  write("/d", token(0));
  await follower.advance();
  await follower.mark();
  expect(follower.delivered()).toEqual([1]);
  follower.forget();
  expect(follower.delivered()).toEqual([]);
  write("/d", token(1));
  await follower.mark();
  await follower.advance();
  expect(follower.delivered()).toEqual([1]);
});
