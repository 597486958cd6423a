/** When an agent is at rest: by what it shows of our operations and by the CPU time that it takes. */
import { expect, test } from "vitest";
import { missing, value } from "../../src/domain/units.ts";
import { awaitRest, REST_MS } from "../../src/run/rest.ts";
import { FakeHost } from "../support/fake-host.ts";

const { signal } = new AbortController();

interface Life {
  /** Shares of a CPU, each taken from then on: milliseconds, share. */
  readonly takes?: readonly (readonly [from: number, share: number])[];
  readonly shows?: (ms: number) => number;
  readonly quietMs?: number;
  /** Distinct operations of the warm-up that have shown. */
  readonly warmedUp?: (ms: number) => number;
  readonly warmup?: number;
  readonly usual?: { share: number };
}

const wait = async ({ takes, shows, quietMs, warmedUp, warmup, usual = { share: 0 } }: Life) => {
  const host = new FakeHost();
  const spentNs = (): number => {
    const now = host.now();
    return (takes ?? []).reduce((sum, [from, share], index, all) => {
      const to = Math.min(now, all[index + 1]?.[0] ?? Infinity);
      return sum + Math.max(0, to - from) * share * 1e6;
    }, 0);
  };
  const none = { delivered: 0, duplicates: 0, lines: 0, bytes: 0 };
  const busy = await awaitRest(host, {
    activity: { cpuNs: () => Promise.resolve(takes === undefined ? missing("no cgroup") : value(spentNs())) },
    follower:
      shows === undefined
        ? undefined
        : {
            advance: () => Promise.resolve(),
            counts: () => ({
              ...none,
              foreign: shows(host.now()),
              ...(warmedUp === undefined ? {} : { warmup: warmedUp(host.now()) }),
            }),
          },
    usual,
    quietMs,
    ...(warmup === undefined ? {} : { warmup }),
    signal,
  });
  return { busy, ms: host.now(), usual };
};

test("an agent that sleeps is at rest as soon as that has been seen for long enough", async () => {
  expect(await wait({ takes: [[0, 0]] })).toMatchObject({ busy: undefined, ms: REST_MS });
  expect(await wait({})).toMatchObject({ busy: undefined, ms: REST_MS });
});

test("a backlog is waited for, by its CPU time", async () => {
  const worked = await wait({
    takes: [
      [0, 0.9],
      [400, 0],
    ],
  });
  expect(worked.busy).toBeUndefined();
  expect(worked.ms).toBeGreaterThanOrEqual(400 + REST_MS);
});

test("operations that still show are waited for, as long as an agent holds them back", async () => {
  const shows = (ms: number): number => (ms < 500 ? 1 : 2);
  expect((await wait({ shows })).ms).toBeLessThan(100);
  expect((await wait({ shows, quietMs: 1000 })).ms).toBeGreaterThanOrEqual(1500);
});

test("once the whole warm-up has shown, an agent that holds back has nothing left; others' operations say nothing of that", async () => {
  const shows = (ms: number): number => (ms < 500 ? 0 : 300);
  const held = { shows, quietMs: 6000, warmup: 200 };
  const ms = async (warmedUp: number): Promise<number> =>
    (await wait({ ...held, warmedUp: (now) => (now < 500 ? 0 : warmedUp) })).ms;
  expect(await ms(200)).toBeLessThan(600);
  expect(await ms(199)).toBeGreaterThanOrEqual(6500);
  expect((await wait(held)).ms).toBeGreaterThanOrEqual(6500);
});

test("an agent that polls is at rest when it takes as much as before, which its next trials know", async () => {
  const { busy, ms, usual } = await wait({ takes: [[0, 0.2]] });
  expect(busy).toBeUndefined();
  expect(usual.share).toBeCloseTo(0.2);
  expect((await wait({ takes: [[0, 0.2]], usual })).ms).toBe(REST_MS);
  expect(ms).toBeGreaterThan(REST_MS);
});

test("an agent that is never at rest is waited for no longer than that, and what it took is said", async () => {
  const { busy } = await wait({ takes: [[0, 0.98]] });
  expect(busy).toBe("it was not at rest after 3.0 s: it took 98 % of a CPU");
});
