/** A known amount of BPF map memory, held for nothing. It touches no operation, so under it bpf-map-memory is all there is to see. */
import { defineAgent } from "../domain/agent.ts";
import { CALIBRATION, NO_EVENTS, probeCalibration, startCalibration } from "./shared/calibration.ts";

const MAP_BYTES = 64 * 2 ** 20;

export default defineAgent({
  ...CALIBRATION,
  id: "calibration-memory",
  title: `known memory: ${MAP_BYTES / 2 ** 20} MiB of BPF maps`,
  injects: { kind: "memory" },
  // The size of a map does not depend on the workload, so the cheapest one is enough to read it by.
  observes: ["file"],
  coverage: { notes: ["everything: it holds memory and writes no event"] },
  overload: "none",
  probe: async (host) => await probeCalibration(host, "hold"),
  start: async (host, context) => {
    const args = [`--bytes=${MAP_BYTES}`];
    const { process, log, injected } = await startCalibration(host, context, "hold", args);
    return {
      processes: [process],
      outputs: [],
      logs: [log],
      settings: { command: `tare-hold ${args.join(" ")}` },
      lost: NO_EVENTS,
      injected,
    };
  },
});
