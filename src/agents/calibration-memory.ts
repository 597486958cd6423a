/** A known amount of BPF map memory, held for nothing. It touches no operation, so under it bpf-map-memory is all there is to see. */
import { defineAgent } from "../domain/agent.ts";
import { CALIBRATION, probeCalibration, startSilent } from "./shared/calibration.ts";

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
  probe: probeCalibration("hold"),
  start: (host, context) => startSilent(host, context, "hold", [`--bytes=${MAP_BYTES}`]),
});
