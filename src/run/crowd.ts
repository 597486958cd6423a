/**
 * A node that is larger than it is: processes that sleep and files that are held open, as long as a turn takes. They do nothing, so what grows
 * with them is what an agent does with the mere number of them.
 *
 * They end on every path: by the scope's undo, by the journal's, and, since all are children of one process that ends with tare, by the kernel.
 */
import { MAX_CROWD_BYTES, MAX_CROWD_TASKS } from "../domain/bounds.ts";
import type { EffectScope } from "../domain/host.ts";
import type { ScalePoint } from "../domain/scale.ts";
import { createBoundedCgroup } from "../observe/bounded-cgroup.ts";
import { type RunContext, StageFailure } from "./context.ts";
import { within } from "./drive.ts";
import { lastLines } from "./last-lines.ts";
import { watchNode } from "./watch-node.ts";

const READY_MS = 30_000;

/** @throws StageFailure `scale` when it cannot be made, or the node has no room for it */
export const gatherCrowd = async (
  { host, name, scratch, disks, signal }: Pick<RunContext, "host" | "name" | "scratch" | "disks" | "signal">,
  effects: EffectScope,
  { axis, at }: ScalePoint,
): Promise<void> => {
  if (at === 0 || axis === "cpus") return;
  const watch = await watchNode(host, disks, "scale");
  try {
    const refuseShortage = async (): Promise<void> => {
      const shortage = await watch.shortage();
      if (shortage !== undefined) throw new StageFailure("scale", `no ${at} ${axis}: ${shortage}`);
    };
    await refuseShortage();
    const { folders } = await createBoundedCgroup(host, effects, `${name}-crowd`, {
      tasks: MAX_CROWD_TASKS,
      memoryBytes: MAX_CROWD_BYTES,
    });
    const stderr = `${scratch}/crowd.stderr`;
    const counts = { processes: 0, files: 0, [axis]: at };
    const crowd = await effects.start(
      {
        command: `${host.root}/build/scenarios/crowd`,
        args: [String(counts.processes), String(counts.files)],
        stdout: "pipe",
        stderr,
        ...(folders.length === 0 ? {} : { cgroup: folders }),
      },
      { signals: ["SIGTERM"], graceMs: 5000 },
    );
    if ((await within(host, crowd.readLine(), READY_MS, "scale", signal)) !== "ready")
      throw new StageFailure("scale", `${at} ${axis} could not be made`, await lastLines(host, [stderr]));
    await refuseShortage();
  } finally {
    await watch.close();
  }
};
