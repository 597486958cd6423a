/**
 * Known knees: tare's sensor behind a pipe, at whose end its lines are passed on at a fixed rate. Some may wait; what comes beyond them is dropped
 * and declared. The knee must be that rate, and the largest burst what may wait, and what is passed on meanwhile.
 *
 * `bursty` also stands still for half a second every four. Below its rate it drops only then, so that its knee follows from what may wait.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { PLAIN_FAMILIES, value } from "../domain/units.ts";
import { CALIBRATION, probeCalibration, startCalibration } from "./shared/calibration.ts";
import { EACH_EVENT } from "./shared/loss-counters.ts";
import { familyFlag } from "./shared/own-program.ts";
import { SENSOR, SENSOR_FORMS, startSensor } from "./shared/tare-sensor.ts";

interface Server {
  readonly name: string;
  readonly title: string;
  readonly perSecond: number;
  readonly waiting: number;
  readonly stall?: { readonly everyMs: number; readonly ms: number };
}

/** Share of the events that the knee allows to be lost, as in src/analyse/load/probes.ts. */
const ALLOWED = 0.001;

/** In a stall of `ms` as many may come as may wait, and the allowed share of all that come in `everyMs`. */
const kneeOf = ({ perSecond, waiting, stall }: Server): number =>
  stall === undefined ? perSecond : Math.round((1000 * waiting) / (stall.ms - ALLOWED * stall.everyMs));

const serving = (server: Server): AgentSheet => {
  const { name, title, perSecond, waiting, stall } = server;
  const flags = [
    `--rate=${perSecond}`,
    `--buffer=${waiting}`,
    ...(stall === undefined ? [] : [`--stall-every-ms=${stall.everyMs}`, `--stall-ms=${stall.ms}`]),
  ];
  return {
    ...CALIBRATION,
    id: `calibration-rate@${name}`,
    title: `known knee: ${title}`,
    injects: { kind: "rate", perSecond: kneeOf(server), waiting },
    observes: PLAIN_FAMILIES,
    coverage: { notes: ["operations through io_uring", "execs that fail"] },
    overload: "drops",
    lossCounter: { ...EACH_EVENT, scope: "workload" },
    probe: probeCalibration("serve", SENSOR),
    start: async (host, context) => {
      const output = `${context.directory}/events.jsonl`;
      const pipe = `${context.directory}/events.pipe`;
      // The pipe's reader first, and, since processes are stopped in reverse, last: it gets all that the sensor writes.
      const served = await startCalibration(host, context, "serve", [
        ...flags,
        `--input=${pipe}`,
        `--output=${output}`,
      ]);
      const sensor = await startSensor(host, context, `--output=${pipe}`);
      return {
        processes: [served.process, sensor.process],
        outputs: [{ path: output, forms: SENSOR_FORMS }],
        logs: [served.log, sensor.log],
        settings: {
          command: `tare-sensor ${familyFlag(context.families)} | tare-serve ${flags.join(" ")}`,
          hooks: sensor.hooks ?? "unknown",
        },
        lost: async () => {
          const ofSensor = await sensor.lost();
          if (ofSensor.kind === "missing") return ofSensor;
          const injected = await served.injected();
          return injected.kind === "missing" ? injected : value(ofSensor.value + injected.value.discarded);
        },
        injected: served.injected,
      };
    },
  };
};

export default defineVariants({
  id: "calibration-rate",
  variants: [
    serving({ name: "1000", title: "1,000 events a second, 500 may wait", perSecond: 1000, waiting: 500 }),
    serving({
      name: "10000",
      title: "10,000 events a second, 5,000 may wait",
      perSecond: 10_000,
      waiting: 5000,
    }),
    serving({
      name: "bursty",
      title: "it stands still for 0.5 s every 4 s, and 500 may wait",
      perSecond: 4000,
      waiting: 500,
      stall: { everyMs: 4000, ms: 500 },
    }),
  ],
});
