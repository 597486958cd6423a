/** Rules of a team's own policy beside each other: what each costs and raises, the dearest first, in the analysis, the summary and every report. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { TeamPolicy } from "../../src/domain/team-policy.ts";
import { missing, type Reading, value } from "../../src/domain/units.ts";
import { renderHtml } from "../../src/report/html.ts";
import { summaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { SummaryJson } from "../../src/report/summary-json.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildRecord, seededNoise } from "./support/record-builder.ts";

const OPERATIONS = 300;

const RULES: Readonly<
  Record<string, Omit<TeamPolicy, "of"> & { readonly ns: number; readonly events: number }>
> = {
  "auditd@policy-cheap": { part: "rule", rule: "cheap", ns: 100, events: 0 },
  "auditd@policy-none": { part: "none", rule: null, ns: 90, events: 0 },
  "auditd@policy": { part: "all", rule: null, ns: 2100, events: 1 },
  "auditd@policy-dear": { part: "rule", rule: "dear", ns: 2000, events: 1 },
};

interface Choices {
  readonly blocks?: number;
  readonly agents?: readonly string[];
  readonly eventsOf?: (block: number, usual: number) => Reading<number>;
}

const recordOf = ({
  blocks = 8,
  agents = Object.keys(RULES),
  eventsOf = (_, usual) => value(usual),
}: Choices = {}): readonly RecordLine[] => {
  const noise = seededNoise(5);
  const lines = buildRecord({
    blocks,
    agents,
    cpuNs: ({ agent }) => 10_000 + (RULES[agent]?.ns ?? 0) + 10 * noise(),
    outcome: ({ agent, block }, usual) => {
      const rule = RULES[agent];
      return rule === undefined ? usual : { ...usual, events: eventsOf(block, rule.events * OPERATIONS) };
    },
  });
  return lines.map((line): RecordLine =>
    line.type === "header"
      ? {
          ...line,
          agents: line.agents.map((status) => {
            const known = RULES[status.id];
            if (known === undefined) return status;
            const { part, rule } = known;
            return { ...status, policy: { of: "auditd", part, rule } };
          }),
        }
      : line,
  );
};

test("all together come first, then the rules from the dearest on, then none", () => {
  const { policies } = analyse(recordOf());
  expect(policies.map(({ rule }) => rule)).toEqual([null, "dear", "cheap", null]);
  expect(policies.map(({ part }) => part)).toEqual(["all", "rule", "rule", "none"]);
  expect(policies.map(({ events }) => events)).toEqual([
    { trials: 8, written: 8 * OPERATIONS, perOperation: 1 },
    { trials: 8, written: 8 * OPERATIONS, perOperation: 1 },
    { trials: 8, written: 0, perOperation: 0 },
    { trials: 8, written: 0, perOperation: 0 },
  ]);
  expect(policies[1]?.cost?.value).toBeCloseTo(2000, -2);
});

test("a burst of other programs' events does not move what an operation raises", () => {
  const eventsOf = (block: number, usual: number) => value(block === 3 ? usual + 1e6 : usual);
  const [whole] = analyse(recordOf({ eventsOf })).policies;
  expect(whole?.events).toMatchObject({ perOperation: 1, written: 8 * OPERATIONS + 1e6 });
});

test("a rule whose cost could not be told still has its events", () => {
  const lines = recordOf().map((line): RecordLine => {
    if (line.type !== "trial" || line.agent !== "auditd@policy-dear" || line.outcome.kind !== "measured")
      return line;
    const cpu = { ...line.outcome.cpu, agentDrainNs: missing("its group is gone") };
    return { ...line, outcome: { ...line.outcome, cpu } };
  });
  const view = analyse(lines);
  const dear = view.policies.find(({ rule }) => rule === "dear");
  expect(dear).toMatchObject({ cost: null, blocks: 0, events: { perOperation: 1 } });
  expect(renderMarkdown(view)).toMatch(/\| dear \| - \|/);
});

test("events that could not be counted are no 0", () => {
  const view = analyse(recordOf({ eventsOf: () => missing("rotated away") }));
  expect(view.policies.map(({ events }) => events)).toEqual([null, null, null, null]);
  expect(renderMarkdown(view)).toMatch(/\| cheap \|[^\n]*\| - \|/);
});

test("a rule alone is no candidate for a rollout where the whole was measured", () => {
  expect(analyse(recordOf()).decisions.agents.map(({ agent }) => agent)).toEqual(["auditd@policy"]);
  const alone = analyse(recordOf({ agents: ["auditd@policy-dear"] }));
  expect(alone.decisions.agents.map(({ agent }) => agent)).toEqual(["auditd@policy-dear"]);
});

test("every report says which rule is dear", async () => {
  const view = analyse(recordOf());
  const sentence = /auditd: dear is the dearest rule for process-exec \/ exec \(\+2\.0/;
  for (const text of [
    renderTerminal(view, { columns: 80, colour: false }).replaceAll(/\s+/g, " "),
    renderMarkdown(view),
    await renderHtml(view),
  ]) {
    expect(text).toMatch(/Which rule is dear\?/);
    expect(text.replaceAll("\\", "")).toMatch(sentence);
  }
  expect(renderTerminal(view, { columns: 80, colour: false })).toMatch(
    /all together[^\n]*\n\s+dear[^\n]*\n\s+cheap[^\n]*\n\s+no rule/,
  );
  expect(SummaryJson.parse(summaryJson(view)).policies).toHaveLength(4);
});

test("with too few blocks no rule is called dear", () => {
  const text = renderMarkdown(analyse(recordOf({ blocks: 2 })));
  expect(text).toContain("auditd: which rule is dear is not known.");
  expect(text).not.toContain("is the dearest");
});

/** A node of which other programs take more, and more variably, than any rule. */
const onBusyNode = (agentOf: (agent: string) => number): ReturnType<typeof analyse> => {
  const noise = seededNoise(11);
  return analyse(
    recordOf().map((line): RecordLine => {
      if (line.type !== "trial" || line.outcome.kind !== "measured") return line;
      const systemBusyNs = value(OPERATIONS * 1e6 * (2 + noise()));
      const agentNs =
        line.agent === "baseline" ? line.outcome.cpu.agentNs : value(OPERATIONS * agentOf(line.agent));
      return { ...line, outcome: { ...line.outcome, cpu: { ...line.outcome.cpu, systemBusyNs, agentNs } } };
    }),
  );
};

test("where the node is too busy, a part of the cost tells which rule is dear", () => {
  const view = onBusyNode(() => 100);
  expect(view.policies.find(({ rule }) => rule === "dear")?.cost?.low).toBeLessThan(0);
  expect(renderMarkdown(view).replaceAll("\\", "")).toMatch(
    /dear is the dearest rule for process-exec \/ exec \(\+2\.0.* of what the operation itself takes longer\)/,
  );
});

test("where neither whole nor part tells, no rule is called dear", () => {
  const view = onBusyNode(() => 100);
  const policies = view.policies.map((row) => ({ ...row, workloadCost: null }));
  expect(renderMarkdown({ ...view, policies })).toContain("auditd: which rule is dear is not known.");
  const own = onBusyNode((agent) => (agent === "auditd@policy-dear" ? 900 : 100)).policies;
  expect(
    renderMarkdown({ ...view, policies: own.map((row) => ({ ...row, workloadCost: null })) }).replaceAll(
      "\\",
      "",
    ),
  ).toMatch(/dear is the dearest rule for [^(]*\(\+90\d[^)]* of what the agent itself takes\)/);
});

test("a run without policies says nothing of them", () => {
  const view = analyse(buildRecord({ blocks: 2, agents: ["sensor"] }));
  expect(view.policies).toEqual([]);
  expect(summaryJson(view)).not.toHaveProperty("policies");
  expect(renderMarkdown(view)).not.toContain("Which rule");
});
