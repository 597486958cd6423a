/** A view in which everything that comes from outside tries to become markup, a formula, a mention or an escape sequence. */
import type { RunView } from "../../../src/domain/run-view.ts";
import { buildView } from "./view-builder.ts";

export const HOSTILE = `=1+1 </title><script>alert("x")</script><img src=x onerror=alert(1)> | \`code\` **bold** @someone [link](https://example.org) \u001b[31mred\u202e 🦀 שלום عالم \u2028\u2029 ' " &`;

const FAILED = { kind: "failed", stage: HOSTILE, message: HOSTILE } as const;
const AT = { scenario: HOSTILE, operation: "open", load: "closed", placement: "pinned" } as const;

/** One agent's id, its title and version, the host's name and every free text are hostile. */
export const hostileView = (): RunView => {
  const plain = buildView();
  const rename = <T extends { readonly agent: string }>(item: T): T =>
    item.agent === "auditd" ? { ...item, agent: HOSTILE } : item;
  return {
    ...plain,
    run: { ...plain.run, id: HOSTILE, command: ["tare", HOSTILE], budgetSource: HOSTILE },
    host: {
      ...plain.host,
      hostname: HOSTILE,
      cpuModel: HOSTILE,
      governor: { kind: "missing", reason: HOSTILE },
    },
    agents: plain.agents.map((agent) => ({
      ...agent,
      id: agent.id === "auditd" ? HOSTILE : agent.id,
      title: HOSTILE,
      version: agent.version === null ? null : HOSTILE,
      reason: agent.reason === null ? null : HOSTILE,
      hint: agent.hint === null ? null : HOSTILE,
      blindSpots: [HOSTILE],
    })),
    estimates: plain.estimates.map((estimate) => rename(estimate)),
    deliveries: plain.deliveries.map(rename),
    loneEvents: plain.loneEvents.map(rename),
    ledger: plain.ledger.map((row) =>
      rename({ ...row, notes: [{ kind: "no-counter", reasons: [HOSTILE] }] }),
    ),
    coverage: plain.coverage.map((gap) => rename({ ...gap, reason: { kind: "by-design", text: HOSTILE } })),
    verdicts: plain.verdicts.map((verdict) =>
      rename({ ...verdict, reason: { kind: "none-measured", trials: 3, first: FAILED } }),
    ),
    selfChecks: {
      ...plain.selfChecks,
      aa: {
        ...plain.selfChecks.aa,
        contrasts: plain.selfChecks.aa.contrasts.map((one) => ({ ...one, of: HOSTILE, scenario: HOSTILE })),
      },
      carryOver: plain.selfChecks.carryOver.map((one) => ({ ...one, after: HOSTILE, suspicious: true })),
      calibration: plain.selfChecks.calibration.map((one) => ({ ...one, scenario: HOSTILE })),
      knownLoss: plain.selfChecks.knownLoss.map((one) => ({ ...one, agent: HOSTILE, exact: false })),
      noise: {
        ...plain.selfChecks.noise,
        sensitive: [{ ...AT, agent: HOSTILE, metric: "loss", verdict: "within", otherwise: "over" }],
      },
      failures: [{ kind: "known-cost", at: AT, slope: { value: 2, low: 1.5, high: 2.5 } }],
    },
    warnings: [{ kind: "record-problem", line: 3, why: HOSTILE }],
    notMeasurable: [{ kind: "recorded", text: HOSTILE }],
  };
};
