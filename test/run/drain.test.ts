/** How long what an agent holds back is waited for, before and after others have pushed it out. */
import { expect, test } from "vitest";
import { drain } from "../../src/run/drain.ts";
import { FakeHost } from "../support/fake-host.ts";

const { signal } = new AbortController();

interface Shown {
  readonly own?: (ms: number) => number;
  readonly foreign?: (ms: number) => number;
  readonly quietMs?: number;
}

const wait = async ({ own = () => 0, foreign = () => 0, quietMs = 6000 }: Shown, behind?: number) => {
  const host = new FakeHost();
  const drained = await drain(
    host,
    {
      advance: () => Promise.resolve(),
      counts: () => ({
        delivered: own(host.now()),
        duplicates: 0,
        foreign: foreign(host.now()),
        lines: 0,
        bytes: 0,
      }),
    },
    100,
    signal,
    quietMs,
    behind === undefined ? undefined : { foreign: behind, quietMs: 2000 },
  );
  return { ...drained, ms: host.now() };
};

const from = (start: number, count: number) => (ms: number) => (ms < start ? 0 : count);

test("what has come as a whole is waited for no longer", async () => {
  const { ms, drained } = await wait({ own: from(700, 100) });
  expect(ms).toBeLessThan(800);
  expect(drained).toBe(true);
});

test("what is missing is waited for until nothing has come for as long as the agent may hold it", async () => {
  const { ms, drainMs } = await wait({ own: from(700, 99) });
  expect(ms).toBeGreaterThanOrEqual(6700);
  expect(drainMs).toBeLessThan(800);
});

test("behind operations of others it is waited for less, from when the first of them shows", async () => {
  const { ms, drainMs } = await wait({ own: from(700, 99), foreign: from(1000, 5) }, 0);
  expect(ms).toBeGreaterThanOrEqual(3000);
  expect(ms).toBeLessThan(3200);
  expect(drainMs).toBeLessThan(800);
});

test("others that had shown before push nothing out", async () => {
  const { ms } = await wait({ own: from(700, 99), foreign: () => 5 }, 5);
  expect(ms).toBeGreaterThanOrEqual(6700);
});

test("an agent whose schedule is a minute is waited for over the whole of it, and for as long again", async () => {
  expect(await wait({ own: from(64_000, 99), quietMs: 65_000 })).toMatchObject({ drained: true });
});

test("more and more of it is not waited for without end", async () => {
  const own = (ms: number): number => Math.min(99, ms / 1000);
  expect(await wait({ own, quietMs: 1500 })).toMatchObject({ drained: false });
});
