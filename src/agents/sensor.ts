/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly.
 */
import { defineAgent } from "../domain/agent.ts";
import { familyFlag } from "./shared/own-program.ts";
import { RING_BYTES, SENSOR_FORMS, SENSOR_SHEET, sensorInGuest, startSensor } from "./shared/tare-sensor.ts";

/** A policy for nobody's events: it is decided by the caller's user, before anything of the event is looked at. */
const NOTHING = "processes: { uids: [424242] }\n";

export default defineAgent({
  ...SENSOR_SHEET,
  id: "sensor",
  title: "tare's eBPF sensor",
  observes: ["exec", "file", "network"],
  coverage: {
    notes: [
      "execs that fail",
      "opens and connects through io_uring, and opens by handle (open_by_handle_at)",
      "datagrams that are sent without a connect (sendto, sendmsg), and TCP fast open",
      "with any hook but fexit: system calls of 32-bit programs, and those made by int 0x80",
    ],
  },
  start: async (host, context) => {
    const output = `${context.directory}/events.jsonl`;
    const ring = RING_BYTES[context.buffers];
    const started = await startSensor(host, context, `--ring-bytes=${ring}`, `--output=${output}`);
    return {
      processes: [started.process],
      outputs: [{ path: output, forms: SENSOR_FORMS }],
      logs: [started.log],
      settings: {
        command: `tare-sensor ${familyFlag(context.families)}`,
        ring: `${ring} bytes a family`,
        // They decide its cost.
        hooks: started.hooks ?? "unknown",
        filter: "none",
      },
      lost: started.lost,
    };
  },
  inGuest: (_host, context) => {
    const { exec, files, ...own } = sensorInGuest(context, [familyFlag(context.families)]);
    return Promise.resolve({
      ...own,
      exec,
      files: { ...files, "silent.yaml": NOTHING },
      silent: { exec: `${exec} --policy=silent.yaml` },
    });
  },
});
