/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly.
 */
import { defineAgent } from "../domain/agent.ts";
import { firstObstacle, needsBtf, needsRoot } from "./shared/obstacle.ts";
import { awaitReadyLine, hooksIn } from "./shared/ready-line.ts";
import {
  SENSOR_FORMS,
  SENSOR_HINT,
  askSensorForLoss,
  familyFlag,
  needsSensor,
  sensorProgram,
} from "./shared/tare-sensor.ts";
import { versionOf } from "./shared/version.ts";

/** The least ring that it takes, a page of the largest size in use, and its default. */
const RING_BYTES = { smallest: 65_536, usual: 8 * 1024 * 1024 } as const;

export default defineAgent({
  id: "sensor",
  title: "tare's eBPF sensor",
  tried: "here and in guests ([kernels](docs/kernels.md))",
  homepage: "",
  observes: ["exec", "file", "network"],
  coverage: {
    notes: [
      "execs that fail",
      "opens and connects through io_uring, and opens by handle (open_by_handle_at)",
      "datagrams that are sent without a connect (sendto, sendmsg), and TCP fast open",
      "with any hook but fexit: system calls of 32-bit programs, and those made by int 0x80",
    ],
  },
  overload: "drops",
  probe: async (host) =>
    (await firstObstacle(host, [needsSensor, needsRoot, needsBtf])) ?? {
      kind: "available",
      version: (await versionOf(host, sensorProgram(host))) ?? "unknown",
      path: sensorProgram(host),
    },
  start: async (host, context) => {
    const output = `${context.directory}/events.jsonl`;
    const stats = `${context.directory}/stats.jsonl`;
    const stderr = `${context.directory}/sensor.err`;
    await host.writeText(stats, "");
    const process = await context.launch(
      {
        command: sensorProgram(host),
        args: [
          familyFlag(context.families),
          `--ring-bytes=${RING_BYTES[context.buffers]}`,
          `--output=${output}`,
          `--stats=${stats}`,
        ],
        stdout: `${context.directory}/sensor.out`,
        stderr,
      },
      { signals: ["SIGTERM"], graceMs: 5000 },
    );
    // That it is ready is not taken from its own word, but proved by a sentinel as for every other agent.
    const ready = await awaitReadyLine(host, context, process, stderr, "the sensor", SENSOR_HINT);
    return {
      processes: [process],
      outputs: [{ path: output, forms: SENSOR_FORMS }],
      logs: [stderr],
      settings: {
        command: `tare-sensor ${familyFlag(context.families)}`,
        ring: `${RING_BYTES[context.buffers]} bytes a family`,
        // They decide its cost.
        hooks: hooksIn(ready) ?? "unknown",
        filter: "none",
      },
      lost: () => askSensorForLoss(host, process.pid, stats),
    };
  },
});
