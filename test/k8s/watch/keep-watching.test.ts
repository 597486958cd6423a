/** Whatever becomes of a watch: it is taken up again, and whoever relies on it is told to look. */
import { expect, test } from "vitest";
import { type Changed, ClusterError, type Watched } from "../../../src/k8s/cluster.ts";
import { keepWatching } from "../../../src/k8s/watch/keep-watching.ts";
import { virtualTime } from "../fake/virtual-time.ts";

const POD: Changed = { name: "pod-1", labels: {} };
const change = (version: string): Watched => ({ what: "change", changed: POD, version });
const OPEN: Watched = { what: "open" };

/** What one watch tells, each a second after the one before; then its end, an error, or silence for ever. */
type Course = readonly (Watched | ClusterError | "silence")[];

/** Of the list before it: its version, or why there is none. */
type List = string | ClusterError;

const course = (courses: readonly Course[], lists: readonly List[] = ["1"]) => {
  const time = virtualTime();
  const asked: string[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  let watches = 0;
  let listed = 0;
  const kept = keepWatching({
    clock: time,
    signal: stop.signal,
    random: () => 0.5,
    query: () => Promise.resolve({ resource: "pods", namespace: "tare", labelSelector: "a=b" }),
    onChange: (changed) => told.push(changed?.name ?? "anything"),
    onDenied: (why) => told.push(`denied: ${why}`),
    cluster: {
      versionOf: () => {
        asked.push(`list at ${time.elapsedMs()}`);
        const version = lists[Math.min(listed, lists.length - 1)] ?? "1";
        listed += 1;
        return typeof version === "string" ? Promise.resolve(version) : Promise.reject(version);
      },
      watch: async function* (_, since, signal) {
        asked.push(`watch from ${since} at ${time.elapsedMs()}`);
        const events = courses[watches] ?? [OPEN, "silence"];
        watches += 1;
        for (const event of events) {
          if (event === "silence") await time.sleep(1e9, signal);
          else {
            await time.sleep(1000, signal);
            if (event instanceof ClusterError) throw event;
          }
          if (signal.aborted) return;
          if (event !== "silence") yield event;
        }
      },
    },
  });
  const after = async (seconds: number) => {
    await time.run(() => false, seconds * 1000 - time.elapsedMs());
    return { asked, told, isLive: kept.isLive() };
  };
  const end = async (): Promise<void> => {
    stop.abort();
    let isDone = false;
    void kept.done.then(() => {
      isDone = true;
    });
    expect(await time.run(() => isDone, 1000)).toBe(true);
  };
  return { after, end };
};

test("it begins at the version of a list, and tells every change", async () => {
  const { after, end } = course([[OPEN, change("5"), change("6"), "silence"]], ["4"]);
  expect(await after(5)).toEqual({
    asked: ["list at 0", "watch from 4 at 0"],
    told: ["anything", "pod-1", "pod-1"],
    isLive: true,
  });
  await end();
});

test("ended by the server, it goes on from the last version, of a bookmark too, and lists nothing again", async () => {
  const { after, end } = course([[OPEN, change("5"), { what: "bookmark", version: "9" }]]);
  const { asked, isLive } = await after(10);
  expect(asked).toEqual(["list at 0", "watch from 1 at 0", "watch from 9 at 3500"]);
  expect(isLive).toBe(true);
  await end();
});

test.each([
  ["at once", [new ClusterError("gone", "too old resource version")]],
  ["in the middle", [OPEN, change("5"), new ClusterError("gone", "too old resource version")]],
] as const)("a version that is too old %s: list again, and look at everything", async (_, first) => {
  const { after, end } = course([first], ["1", "20"]);
  const { asked, told, isLive } = await after(30);
  expect(asked.at(-1)).toMatch(/^watch from 20 /);
  expect(told.at(-1)).toBe("anything");
  expect(isLive).toBe(true);
  await end();
});

test("a connection that is dead in silence is given up, and taken up from the last version", async () => {
  const { after, end } = course([[OPEN, change("5"), "silence"]]);
  expect((await after(76)).asked).toHaveLength(2);
  expect((await after(79)).asked.at(-1)).toMatch(/^watch from 5 at 77/);
  await end();
});

test("bookmarks keep a quiet one alive", async () => {
  const minute: Course = [
    OPEN,
    ...Array.from({ length: 300 }, (): Watched => ({ what: "bookmark", version: "7" })),
  ];
  const { after, end } = course([minute]);
  expect((await after(290)).asked).toHaveLength(2);
  await end();
});

test("what is not answered at all is not taken for a watch", async () => {
  const { after, end } = course([["silence"], ["silence"]]);
  expect(await after(70)).toMatchObject({ isLive: false });
  expect((await after(80)).asked).toEqual([
    "list at 0",
    "watch from 1 at 0",
    expect.stringMatching(/^watch from 1 at 75/),
  ]);
  await end();
});

test("a server that is away is asked ever more seldom, and no less than every half minute", async () => {
  const broken: Course = [new ClusterError("unreachable", "nothing listens there")];
  const { after, end } = course(Array.from({ length: 100 }, () => broken));
  const { asked, isLive } = await after(600);
  const times = asked.filter((one) => one.startsWith("watch")).map((one) => Number(one.split(" ").at(-1)));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0) - 1000);
  expect(pauses.slice(0, 7)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(isLive).toBe(false);
  await end();
});

test("whoever relied on it is told when it breaks", async () => {
  const { after, end } = course([
    [OPEN, change("5"), new ClusterError("unreachable", "the connection broke")],
  ]);
  expect((await after(3)).told).toEqual(["anything", "pod-1", "anything"]);
  await end();
});

test("a busy server is left alone for as long as it asks", async () => {
  const busy = new ClusterError("unreachable", "too many requests", { retryAfterMs: 20_000 });
  const { after, end } = course([], [busy, "3"]);
  expect((await after(20)).asked).toEqual(["list at 0"]);
  expect((await after(25)).asked).toContain("list at 20500");
  await end();
});

test("what is denied is told once, tried again each minute, and used once it is allowed", async () => {
  const denied: Course = [new ClusterError("forbidden", "cannot watch pods")];
  const { after, end } = course([denied, denied, denied]);
  const early = await after(150);
  expect(early.told.filter((one) => one.startsWith("denied"))).toEqual(["denied: cannot watch pods"]);
  expect(early.isLive).toBe(false);
  expect(early.asked.filter((one) => one.startsWith("watch"))).toHaveLength(3);
  expect((await after(400)).isLive).toBe(true);
  await end();
});

test("a mistake of ours ends it", async () => {
  const kept = keepWatching({
    clock: virtualTime(),
    signal: new AbortController().signal,
    query: () => Promise.reject(new TypeError("a mistake")),
    onChange: () => undefined,
    onDenied: () => undefined,
    cluster: { versionOf: () => Promise.resolve("1"), watch: async function* () {} },
  });
  await expect(kept.done).rejects.toThrow("a mistake");
});
