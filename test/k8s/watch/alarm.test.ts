import { expect, test } from "vitest";
import { createAlarm } from "../../../src/k8s/watch/alarm.ts";
import { virtualTime } from "../fake/virtual-time.ts";

type Cause = "pod" | "lease";

const sleeping = (causes: readonly Cause[], ms = 10_000, signal?: AbortSignal) => {
  const time = virtualTime();
  const alarm = createAlarm<Cause>(time);
  const woken: { readonly atMs: number; readonly rung: readonly Cause[] }[] = [];
  const sleep = (): void => {
    void alarm.sleep(ms, causes, signal).then((rung) => {
      woken.push({ atMs: time.elapsedMs(), rung: [...rung] });
    });
  };
  return { time, alarm, woken, sleep };
};

test("it rings once for all that comes together", async () => {
  const { time, alarm, woken, sleep } = sleeping(["pod"]);
  sleep();
  time.after(500, () => {
    alarm.ring("pod");
  });
  time.after(550, () => {
    alarm.ring("pod");
    alarm.ring("lease");
  });
  await time.run(() => woken.length > 0, 20_000);
  expect(woken).toEqual([{ atMs: 600, rung: ["pod", "lease"] }]);
  sleep();
  await time.run(() => woken.length > 1, 20_000);
  expect(woken[1]).toEqual({ atMs: 10_600, rung: [] });
});

test("what rings while it is awake wakes it from the next sleep at once", async () => {
  const { time, alarm, woken, sleep } = sleeping(["pod"]);
  alarm.ring("pod");
  sleep();
  await time.run(() => woken.length > 0, 20_000);
  expect(woken).toEqual([{ atMs: 100, rung: ["pod"] }]);
});

test("what it does not listen to does not wake it, and is told when it wakes", async () => {
  const { time, alarm, woken, sleep } = sleeping(["pod"]);
  sleep();
  alarm.ring("lease");
  await time.run(() => woken.length > 0, 20_000);
  expect(woken).toEqual([{ atMs: 10_000, rung: ["lease"] }]);
});

test("a signal ends it", async () => {
  const stop = new AbortController();
  const { time, woken, sleep } = sleeping(["pod"], 10_000, stop.signal);
  sleep();
  time.after(300, () => {
    stop.abort();
  });
  await time.run(() => woken.length > 0, 20_000);
  expect(woken).toEqual([{ atMs: 300, rung: [] }]);
});
