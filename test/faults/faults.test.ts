/** Some faults, each at one stage; `npm run test:faults` does all of them at all stages. */
import { expect, test } from "vitest";
import { runCell } from "./cell.ts";
import { FAULTS } from "./faults.ts";
import { whyNoPlace } from "./place.ts";
import type { StageId } from "./stages.ts";

const CHOSEN: readonly (readonly [fault: string, stage: StageId])[] = [
  ["SIGTERM", "probe"],
  ["no-mark", "start"],
  ["removed", "ready"],
  ["SIGINT", "warm-up"],
  ["disk-full", "warm-up"],
  ["power-cut", "window"],
  ["oom-agent", "window"],
  ["bug", "drain"],
  ["read-only", "drain"],
  ["SIGKILL", "stop"],
];

test.for(CHOSEN)("%s at %s: the node is put back, and the record is kept", async ([id, stage], context) => {
  const fault = FAULTS.find((one) => one.id === id);
  if (fault === undefined) throw new Error(`no fault is called ${id}`);
  const obstacle = whyNoPlace() ?? fault.obstacle?.();
  if (obstacle !== undefined) return context.skip(obstacle);
  expect((await runCell(fault, stage)).wrong).toEqual([]);
});
