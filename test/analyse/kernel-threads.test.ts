/** CPU time of kernel threads and daemons that work for an agent. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { buildRecord } from "./support/record-builder.ts";

/** kauditd takes 500 ns for each of 300 operations under the agent and 100 ns without it; journald is there under the agent only. */
const lines = buildRecord({
  blocks: 12,
  agents: ["probe", "quiet"],
  cpuNs: () => 1000,
  outcome: ({ agent, block }, usual) => {
    if (agent === "quiet") return usual;
    const last = block === 11 ? 100 : 1;
    const helpersNs: Record<string, number> =
      agent === "probe" ? { kauditd: 300 * 500 * last, "systemd-journal": 300 * 40 } : { kauditd: 300 * 100 };
    return { ...usual, cpu: { ...usual.cpu, helpersNs } };
  },
});
/** Its last block did not end. */
const cut = lines.filter((line) => line.type !== "end" && !(line.type === "block" && line.block === 11));

test("their time for an operation is what they take more than without an agent, over complete blocks", () => {
  const at = { scenario: "process-exec", load: "closed", placement: "pinned" };
  expect(analyse(cut).kernelThreads).toEqual([
    {
      ...at,
      agent: "probe",
      threads: [
        { name: "kauditd", ns: 400 },
        { name: "systemd-journal", ns: 40 },
      ],
    },
    { ...at, agent: "quiet", threads: [] },
  ]);
});
