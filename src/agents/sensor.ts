/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly.
 */
import { defineAgent } from "../domain/agent.ts";
import { familyFlag } from "./shared/own-program.ts";
import { lostIn, RING_BYTES, SENSOR, SENSOR_FORMS, SENSOR_SHEET, startSensor } from "./shared/tare-sensor.ts";

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
  knob: "--ring-bytes",
  start: async (host, context) => {
    const output = `${context.directory}/events.jsonl`;
    const ring = RING_BYTES[context.buffers] * (context.bufferFactor ?? 1);
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
      knob: `${ring / 2 ** 20} MiB a family`,
      lost: started.lost,
    };
  },
  inGuest: (_host, { build, families }) => {
    const flags = [familyFlag(families), `--ring-bytes=${RING_BYTES.usual}`, "--output=events.jsonl"];
    return Promise.resolve({
      programs: [],
      files: {},
      version: `${build}/bpf/${SENSOR} --version`,
      before: ": >stats.jsonl",
      exec: `exec ${build}/bpf/${SENSOR} ${flags.join(" ")} --stats=stats.jsonl`,
      ready: "grep -q '^{\"ready\":true' stderr",
      outputs: [{ path: "events.jsonl", forms: SENSOR_FORMS }],
      lost: {
        ask: `told=$(wc -l <stats.jsonl)
kill -USR1 "$agent"
while [ "$(wc -l <stats.jsonl)" = "$told" ]; do rest 0.02; done
tail -n 1 stats.jsonl`,
        read: lostIn,
      },
      settings: {
        command: `tare-sensor ${familyFlag(families)}`,
        ring: `${RING_BYTES.usual} bytes a family`,
        filter: "none",
      },
    });
  },
});
