import { expect, test } from "vitest";
import { type Held, leaseKeeper } from "../../../src/k8s/conductor/keep-lease.ts";
import { nodeLease } from "../../../src/k8s/objects/leases.ts";
import { type Client, fakeCluster, newClient } from "../fake/fake-cluster.ts";
import { virtualTime } from "../fake/virtual-time.ts";
import { createWorld, type World } from "../fake/world.ts";

const MINUTE_MS = 60_000;

const worldOfLeases = (): World => createWorld(virtualTime());
const keeperOf = (world: World, bench: string, client: Client = newClient()) =>
  leaseKeeper(fakeCluster(world, client), world.time, nodeLease(bench, "tare-control", "node-a", undefined));

/** What it comes to once the time that it takes has passed. */
const settle = async <T>(world: World, begun: Promise<T>): Promise<T> => {
  let isSettled = false;
  const mark = (): void => {
    isSettled = true;
  };
  begun.then(mark, mark);
  expect(await world.time.run(() => isSettled, MINUTE_MS)).toBe(true);
  return begun;
};
const pass = (world: World, ms: number): Promise<boolean> => world.time.run(() => false, ms);
const heldBy = (held: Held): string => (held.kind === "ours" ? "ours" : held.by);

test("one that nobody has is taken, and let go", async () => {
  const world = worldOfLeases();
  const keeper = keeperOf(world, "b1");
  expect(await settle(world, keeper.keep())).toEqual({ kind: "ours" });
  await settle(world, keeper.drop());
  expect(world.leases.all()).toEqual([]);
  expect(keeper.isOurs()).toBe(false);
});

test("somebody else's is told with its holder and since when, and not let go", async () => {
  const world = worldOfLeases();
  await settle(world, keeperOf(world, "b1").keep());
  const second = keeperOf(world, "b2");
  expect(await settle(world, second.keep())).toEqual({
    kind: "foreign",
    by: "b1",
    since: "2026-01-01T00:00:00.010Z",
  });
  await settle(world, second.drop());
  expect(world.leases.all()).toHaveLength(1);
});

test("one that was created without an answer is one's own", async () => {
  const world = worldOfLeases();
  const client = newClient();
  const lucks = ["answered", "lost"] as const;
  let asked = 0;
  client.luck = () => lucks[asked++] ?? "answered";
  const keeper = keeperOf(world, "b1", client);
  await expect(settle(world, keeper.keep())).rejects.toThrow("does not answer");
  expect(await settle(world, keeper.keep())).toEqual({ kind: "ours" });
});

test("one that is renewed is never taken over", async () => {
  const world = worldOfLeases();
  const first = keeperOf(world, "b1");
  const second = keeperOf(world, "b2");
  for (let times = 0; times < 20; times++) {
    await settle(world, first.keep());
    expect(heldBy(await settle(world, second.keep()))).toBe("b1");
    await pass(world, 16_000);
  }
});

test("one that was not renewed for its duration is taken over, and its former holder finds out", async () => {
  const world = worldOfLeases();
  const first = keeperOf(world, "b1");
  const second = keeperOf(world, "b2");
  await settle(world, first.keep());
  expect(heldBy(await settle(world, second.keep()))).toBe("b1");
  await pass(world, MINUTE_MS + 1000);
  expect(heldBy(await settle(world, second.keep()))).toBe("ours");
  expect(heldBy(await settle(world, first.keep()))).toBe("b2");
  expect(first.isOurs()).toBe(false);
});

test("a watcher's time begins anew after the cluster did not answer", async () => {
  const world = worldOfLeases();
  await settle(world, keeperOf(world, "b1").keep());
  const second = keeperOf(world, "b2");
  await settle(world, second.keep());
  await pass(world, MINUTE_MS + 1000);
  second.forgetWaiting();
  expect(heldBy(await settle(world, second.keep()))).toBe("b1");
});

test("what is noted in it is there for whoever goes on, and not for another bench", async () => {
  const world = worldOfLeases();
  const first = keeperOf(world, "b1");
  await settle(world, first.keep());
  first.note({ "tare.dev/agents": "{}" });
  await settle(world, first.keep());
  const successor = keeperOf(world, "b1");
  await settle(world, successor.keep());
  expect(successor.noted()).toEqual({ "tare.dev/agents": "{}" });
  const other = keeperOf(world, "b2");
  await settle(world, other.keep());
  await pass(world, MINUTE_MS + 1000);
  await settle(world, other.keep());
  expect(world.leases.all()[0]?.metadata).not.toHaveProperty("annotations.tare.dev/agents");
});
