/** How long what an agent saw is waited for after the window. */
import { expect, test } from "vitest";
import type { Follower } from "../../src/run/follow.ts";
import { drain } from "../../src/run/drain.ts";
import { FakeHost } from "../support/fake-host.ts";

const { signal } = new AbortController();

const wait = async (shows: (ms: number) => number, quietMs?: number) => {
  const host = new FakeHost();
  const follower: Pick<Follower, "advance" | "counts"> = {
    advance: () => Promise.resolve(),
    counts: () => ({ delivered: shows(host.now()), duplicates: 0, foreign: 0, lines: 0, bytes: 0 }),
  };
  return { ...(await drain(host, follower as Follower, 100, signal, quietMs)), waitedMs: host.now() };
};

test("no longer than until all of it has come", async () => {
  expect(await wait((ms) => (ms < 400 ? 7 : 100), 6000)).toMatchObject({
    drained: true,
    drainMs: 400,
    waitedMs: 400,
  });
});

test("until nothing has come for as long as the agent holds events back", async () => {
  const { drained, drainMs, waitedMs } = await wait((ms) => (ms < 400 ? 7 : 99), 6000);
  expect({ drained, drainMs }).toEqual({ drained: true, drainMs: 400 });
  expect(waitedMs).toBeGreaterThanOrEqual(6400);
});

test("of an agent whose schedule is a minute, over the whole of it and for as long again", async () => {
  expect(await wait((ms) => (ms < 64_000 ? 0 : 99), 65_000)).toMatchObject({
    drained: true,
    drainMs: 64_000,
  });
});

test("not for ever, where more and more comes", async () => {
  expect(await wait((ms) => Math.min(99, ms / 1000), 1500)).toMatchObject({ drained: false });
});
