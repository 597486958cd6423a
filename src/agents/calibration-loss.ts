/**
 * Known losses: tare's sensor behind a pipe, at whose end exactly every m-th line of a workload's operation is discarded. The
 * ledger must find 1/m missing; an `open` variant declares it, a `silent` one hides it, and the report must tell the two apart.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { PLAIN_FAMILIES, value } from "../domain/units.ts";
import { CALIBRATION, probeCalibration, startCalibration } from "./shared/calibration.ts";
import { familyFlag } from "./shared/own-program.ts";
import { SENSOR, SENSOR_FORMS, startSensor } from "./shared/tare-sensor.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";

type Honesty = "open" | "silent";

const losing = (honesty: Honesty, every: number): AgentSheet => ({
  ...CALIBRATION,
  id: `calibration-loss@${honesty}-${every}`,
  title: `known loss: 1 event in ${every}, ${honesty === "open" ? "declared" : "hidden"}`,
  injects: { kind: "loss", every },
  observes: PLAIN_FAMILIES,
  coverage: { notes: ["operations through io_uring", "execs that fail"] },
  overload: "drops",
  lossCounter: EACH_EVENT,
  probe: probeCalibration("discard", SENSOR),
  start: async (host, context) => {
    const output = `${context.directory}/events.jsonl`;
    const pipe = `${context.directory}/events.pipe`;
    // The pipe's reader first, and, since processes are stopped in reverse, last: it gets all that the sensor writes.
    const discard = await startCalibration(host, context, "discard", [
      `--every=${every}`,
      `--input=${pipe}`,
      `--output=${output}`,
    ]);
    const sensor = await startSensor(host, context, `--output=${pipe}`);
    return {
      processes: [discard.process, sensor.process],
      outputs: [{ path: output, forms: SENSOR_FORMS }],
      logs: [discard.log, sensor.log],
      settings: {
        command: `tare-sensor ${familyFlag(context.families)} | tare-discard --every=${every}`,
        hooks: sensor.hooks ?? "unknown",
      },
      lost: async () => {
        // What the sensor itself lost, which is nothing unless it was overrun. Asking makes it write all that it holds into the pipe.
        const ofSensor = await sensor.lost();
        if (honesty === "silent" || ofSensor.kind === "missing") return ofSensor;
        const injected = await discard.injected();
        return injected.kind === "missing" ? injected : value(ofSensor.value + injected.value.discarded);
      },
      injected: discard.injected,
    };
  },
});

export default defineVariants({
  id: "calibration-loss",
  variants: [losing("open", 10), losing("silent", 10), losing("open", 100), losing("silent", 100)],
});
