/** A summary in which everything that comes from outside tries to become markup, a formula, a mention or an escape sequence. */
import type { Summary } from "../../../src/domain/verdict.ts";
import { buildSummary } from "./summary-builder.ts";

export const HOSTILE = `=1+1 </title><script>alert("x")</script><img src=x onerror=alert(1)> | \`code\` **bold** @someone [link](https://example.org) \u001b[31mred\u202e 🦀 שלום عالم \u2028\u2029 ' " &`;

/** One agent's id, its title and version, the host's name and every free text are hostile. */
export const hostileSummary = (): Summary => {
  const plain = buildSummary();
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
    estimates: plain.estimates.map((estimate) => rename({ ...estimate, notes: [HOSTILE] })),
    ledger: plain.ledger.map((row) => rename({ ...row, notes: [HOSTILE] })),
    coverage: plain.coverage.map((gap) => rename({ ...gap, why: HOSTILE })),
    verdicts: plain.verdicts.map((verdict) => rename({ ...verdict, why: HOSTILE })),
    trust: {
      ...plain.trust,
      aa: {
        ...plain.trust.aa,
        contrasts: plain.trust.aa.contrasts.map((one) => ({ ...one, of: HOSTILE, scenario: HOSTILE })),
      },
      carryOver: plain.trust.carryOver.map((one) => ({ ...one, after: HOSTILE, suspicious: true })),
      calibration: plain.trust.calibration.map((one) => ({ ...one, scenario: HOSTILE })),
      knownLoss: plain.trust.knownLoss.map((one) => ({ ...one, agent: HOSTILE, exact: false })),
      noise: { ...plain.trust.noise, sensitive: [HOSTILE] },
      failures: [HOSTILE],
    },
    warnings: [HOSTILE],
    notMeasurable: [HOSTILE],
  };
};
