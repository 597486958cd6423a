/** What the instrument made of known answers. */
import { METRICS } from "../../../../src/domain/units.ts";
import type { AaContrast, CalibrationPoint, SelfChecks } from "../../../../src/domain/self-checks.ts";
import { around, MINIMUM_BLOCKS } from "./intervals.ts";

/** Of a run that gave the instrument known answers, and got them back. */
export const selfChecksOf = (blocks: number): SelfChecks => {
  const at = {
    scenario: "file-open",
    operation: "open",
    load: "closed",
    placement: "pinned" as const,
  };
  const enough = blocks >= MINIMUM_BLOCKS;
  const point = (dose: number, injected: number, recovered: number): CalibrationPoint => ({
    agent: `calibration-cost@${dose}`,
    injected,
    recovered: around(recovered, 31, blocks),
    blocks,
  });
  return {
    aa: {
      contrasts: (["workload-cpu", "system-cpu", "wall"] as const).flatMap((metric) =>
        ["baseline", "calibration-nothing"].map((of): AaContrast => ({
          ...at,
          of,
          metric,
          unit: METRICS[metric].unit,
          absolute: metric === "wall" && of === "baseline" ? around(88, 71, blocks) : around(-11, 46, blocks),
          blocks,
          within: metric === "wall" && of === "baseline" ? around(88, 60, blocks) : around(-11, 39, blocks),
          margin: 660,
          state: enough ? "passed" : "open",
        })),
      ),
    },
    carryOver: [
      {
        ...at,
        after: "auditd",
        metric: "workload-cpu",
        unit: "ns/op",
        difference: { value: 12, low: -160, high: 184 },
        trials: 4,
        within: { value: 12, low: -120, high: 144 },
        margin: 660,
        state: "passed",
      },
    ],
    calibration: [
      {
        ...at,
        metric: "workload-cpu",
        slope: { ...around(1.02, 0.041, blocks), level: 0.9 },
        intercept: around(205, 24, blocks),
        points: [point(0, 41, 246), point(500, 541, 759), point(2000, 2043, 2290)],
        residual: 57.3,
        minimalDetectable: { ns: 48.2, percent: 2.24 },
        passed: enough ? true : null,
      },
    ],
    knownLoss: [
      {
        agent: "calibration-loss@silent-10",
        scenario: "file-open",
        load: "closed",
        operations: 240_000,
        discarded: 24_100,
        missing: 24_000,
        declared: { low: 0, high: 0 },
        exact: true,
      },
    ],
    knownLevels: [
      {
        agent: "calibration-memory",
        scenario: "file-open",
        load: "closed",
        metric: "bpf-map-memory",
        unit: "MiB",
        injected: 64,
        recovered: around(64.3, 0.02, blocks),
        blocks,
      },
    ],
    noise: {
      redone: 3,
      trials: 505,
      sensitive: [],
      contended: false,
      signs: [
        { sign: "steal", trials: 505, shown: 0, unread: 0 },
        { sign: "cpu-pressure", trials: 120, shown: 0, unread: 0 },
      ],
    },
    failures: [],
  };
};
