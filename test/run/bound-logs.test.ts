/** An agent cannot fill the disk, and what tare cuts off for that is never counted as the agent's loss. */
import { describe, expect, test } from "vitest";
import { MAX_LOG_BYTES, MIN_FREE_BYTES, MIN_FREE_IN_TURN_BYTES } from "../../src/domain/bounds.ts";
import type { TrialOutcome } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import { boundLogs } from "../../src/run/bound-logs.ts";
import { fakeRun } from "./fake-run.ts";

const OUTPUT = "/s/tare-1/agent/events";
const OWNERS = "/var/log/audit/audit.log";
const MESSAGES = "/s/tare-1/agent/err";

interface Disk {
  readonly sizes: Map<string, number>;
  free: number;
  readonly cut: string[];
}

const boundOn = (disk: Disk, outputs = [OUTPUT, OWNERS]) => {
  let due: () => Promise<void> = () => Promise.resolve();
  let timers = 0;
  const running = new Set<number>();
  const bound = boundLogs(
    {
      fileSize: (path) => Promise.resolve(value(disk.sizes.get(path) ?? 0)),
      freeBytes: () => Promise.resolve(value(disk.free)),
      cutFile: (path) => {
        disk.cut.push(path);
        disk.free += disk.sizes.get(path) ?? 0;
        disk.sizes.set(path, 0);
        return Promise.resolve(true);
      },
      every: (_ms, work) => {
        const timer = ++timers;
        running.add(timer);
        due = work;
        return () => {
          running.delete(timer);
          return Promise.resolve();
        };
      },
    },
    "/s/tare-1/agent",
    [...outputs, MESSAGES],
  );
  return { bound, look: () => due(), timers: () => [...running] };
};

const diskWith = (sizes: Readonly<Record<string, number>>, free = 2 ** 40): Disk => ({
  sizes: new Map(Object.entries(sizes)),
  free,
  cut: [],
});

describe("what an agent writes", () => {
  test("is left alone up to the bound", async () => {
    const disk = diskWith({ [OUTPUT]: MAX_LOG_BYTES / 2, [MESSAGES]: MAX_LOG_BYTES / 2 });
    const { bound, look } = boundOn(disk);
    await look();
    expect([disk.cut, bound.cut(), bound.full.aborted]).toEqual([[], undefined, false]);
  });

  test("is cut off above it, messages too, and the reason says whose loss that is", async () => {
    const disk = diskWith({ [OUTPUT]: 1, [MESSAGES]: MAX_LOG_BYTES });
    const { bound, look } = boundOn(disk);
    await look();
    expect(disk.cut).toEqual([OUTPUT, MESSAGES]);
    expect(bound.cut()).toBe(
      "tare cut off what it had written, 1024 MiB, at its bound of 1024 MiB: the events in it are lost by tare",
    );
    bound.forget();
    expect(bound.cut()).toBeUndefined();
  });

  test("is looked at before a window and not in a short one, by one timer that begins anew", async () => {
    const disk = diskWith({ [OUTPUT]: MAX_LOG_BYTES + 1 });
    const { bound, timers } = boundOn(disk);
    expect(timers()).toEqual([1]);
    await bound.lookBefore();
    expect(disk.cut).toEqual([OUTPUT, MESSAGES]);
    expect(timers()).toEqual([2]);
    await bound.close();
    expect(timers()).toEqual([]);
  });

  test("is cut off earlier where the disk has little room left", async () => {
    const disk = diskWith({ [OUTPUT]: 2 ** 28 }, MIN_FREE_IN_TURN_BYTES - 1);
    const { bound, look } = boundOn(disk);
    await look();
    expect(bound.cut()).toBe(
      "tare cut off what it had written, 256 MiB, because the disk had 255 MiB left: the events in it are lost by tare",
    );
    expect(bound.full.aborted).toBe(false);
  });

  test("is never cut off where it lies in a file of the node's owner", async () => {
    const disk = diskWith({ [OWNERS]: 4 * MAX_LOG_BYTES }, 0);
    const { bound, look } = boundOn(disk, [OWNERS]);
    await look();
    expect(disk.cut).toEqual([MESSAGES]);
    expect(bound.cut()).toBeUndefined();
    // There is nothing left that could be done but to stop.
    expect(bound.full.reason).toMatchObject({ stage: "disk" });
  });
});

describe("a trial in which something was cut", () => {
  test("has its loss not judged, its volume missing, and says so", async () => {
    let asked = 0;
    const run = fakeRun({
      // Short at the first look of the watcher's trial, and not after what was written was cut off.
      options: {
        freeBytes: (path, host) => {
          const events = host.files.get("/s/tare-1/agent/events") ?? "";
          return path === "/s/tare-1/agent" && events !== "" && asked++ === 0
            ? MIN_FREE_IN_TURN_BYTES - 1
            : undefined;
        },
      },
      onTrial: (driver, host) => {
        if (driver.spec.args.some((argument) => argument.startsWith("--mode=closed"))) void host.pass(1000);
      },
    });
    await run.run();
    const [trial] = run.trials("watcher");
    const reason = expect.stringMatching(/tare cut off what it had written/) as string;
    expect(trial?.outcome satisfies TrialOutcome | undefined).toMatchObject({
      kind: "measured",
      ledger: { kind: "not-observed", cause: "cut", why: reason },
      outputBytes: missing(reason),
      defects: expect.arrayContaining([reason]) as readonly string[],
    });
  });

  test("is not begun where the disk has no room for it: the run ends and can be resumed", async () => {
    const run = fakeRun({ options: { freeBytes: () => MIN_FREE_IN_TURN_BYTES - 1 } });
    await expect(run.run()).rejects.toMatchObject({
      kind: "record-failed",
      message: `/s/tare-1 has 255 MiB free, and a turn needs ${MIN_FREE_BYTES / 2 ** 20}`,
      hint: expect.stringContaining("--resume") as string,
    });
    expect(run.lines.filter(({ type }) => type === "trial")).toEqual([]);
  });
});
