/** A short summary for a pull request: what is over or unclear, what it costs, what is lost. */
import type { Summary, Verdict } from "../domain/verdict.ts";
import { isolationText } from "./isolation-words.ts";
import { coverageText } from "./coverage-words.ts";
import { NOT_ASKED, isMissed, techniqueGroupsOf, seenOfTechnique } from "./technique-words.ts";
import {
  MISSING,
  formatCost,
  formatCount,
  formatLoss,
  formatNumberOf,
  formatTime,
  percentOf,
} from "./format.ts";
import {
  declaredText,
  forcedTitle,
  isSilent,
  lostText,
  promisedTitle,
  silentText,
  stallText,
  underLoadTitle,
} from "./backpressure-words.ts";
import { plain, table } from "./markdown-text.ts";
import type { Cell } from "./markdown-text.ts";
import {
  find,
  groupTitle,
  groupsOf,
  headlineMetric,
  operationTitle,
  sensorsOnly,
  skippedAgents,
  testedAgents,
} from "./select.ts";
import { stateTitle, trustChecks } from "./trust-words.ts";
import { VERDICT_ORDER, budgetText, emulationBanner, inWords, metricTitle, verdictTitle } from "./words.ts";

const verdictRow = (verdict: Verdict): readonly string[] => [
  `**${verdictTitle(verdict.kind)}**`,
  plain(verdict.agent),
  plain(`${operationTitle(verdict)} (${verdict.load})`),
  `${metricTitle(verdict.metric)} ${budgetText(verdict)}`,
  plain(verdict.why),
];

/** Verdicts that need no action are counted, not listed. */
const verdictSection = (summary: Summary): readonly string[] => {
  const listed = VERDICT_ORDER.filter((kind) => kind !== "within" && kind !== "no-detectable-cost").flatMap(
    (kind) => summary.verdicts.filter((verdict) => verdict.kind === kind),
  );
  if (listed.length === 0) return [];
  return [
    "",
    "### Verdicts to look at",
    "",
    ...table([["verdict"], ["agent"], ["operation"], ["budget"], ["why"]], listed.map(verdictRow)),
  ];
};

const trustSection = (summary: Summary): readonly string[] => [
  "",
  "### Trust in the instrument",
  "",
  ...summary.trust.failures.map((failure) => `- **no verdict on cost**: ${plain(failure)}`),
  ...trustChecks(summary).map(
    ({ title, state, text }) => `- ${title}: **${stateTitle(state)}**, ${plain(text)}`,
  ),
];

const costSection = (summary: Summary): readonly string[] => {
  const agents = testedAgents(summary);
  if (agents.length === 0 || summary.estimates.length === 0) return [];
  const rows = groupsOf(summary).map((group) => {
    const metric = headlineMetric(group);
    const cells = agents.map((agent) => {
      const estimate = metric === undefined ? undefined : find(group, agent.id, metric);
      if (estimate === undefined) return MISSING;
      const percent = estimate.ratio === null ? "" : ` (${percentOf(estimate.ratio).value} %)`;
      const exploratory = estimate.absolute.low === null ? " exploratory" : "";
      return `${plain(formatCost(estimate.absolute, estimate.unit))}${percent}, n=${estimate.blocks}${exploratory}`;
    });
    return [plain(groupTitle(group)), metric === undefined ? MISSING : metricTitle(metric), ...cells];
  });
  return [
    "",
    "### Cost above baseline",
    "",
    ...table([["operation"], ["metric"], ...agents.map((agent): Cell => [plain(agent.id), "right"])], rows),
    "",
    "Mean over n blocks with its interval; a dash means that there is no figure.",
  ];
};

const lossSection = (summary: Summary): readonly string[] => {
  if (summary.ledger.length === 0) return [];
  const rows = summary.ledger.map((row) => [
    plain(row.agent),
    plain(`${row.scenario} (${row.load})`),
    formatCount(row.operations),
    formatCount(row.delivered),
    row.declaredLost === null ? MISSING : formatCount(row.declaredLost),
    row.silentLost > 0 ? `**${formatCount(row.silentLost)}**` : formatCount(row.silentLost),
    plain(formatLoss(row.lossRate)),
  ]);
  const header: readonly Cell[] = [
    ["agent"],
    ["scenario"],
    ["operations", "right"],
    ["delivered", "right"],
    ["declared lost", "right"],
    ["silently lost", "right"],
    ["loss, exact 95 % interval"],
  ];
  return ["", "### Events", "", ...table(header, rows)];
};

const techniqueSections = (summary: Summary): readonly string[] =>
  techniqueGroupsOf(summary).flatMap(({ scenario, conditions, kinds, agents }) => [
    "",
    `### ${plain(scenario)} by kind (${plain(conditions)})`,
    "",
    ...table(
      [["agent"], ...kinds.map((kind) => [plain(kind), "right"] as const)],
      agents.map(({ agent, rows }) => [
        plain(agent),
        ...kinds.map((kind) => {
          const row = rows.find((one) => one.kind === kind);
          const seen = row === undefined ? undefined : seenOfTechnique(row);
          if (row === undefined || seen === undefined) return NOT_ASKED;
          return isMissed(row) ? `**${seen}**` : seen;
        }),
      ]),
    ),
  ]);

const backpressureSection = ({ overflow }: Summary): readonly string[] =>
  overflow === undefined
    ? []
    : [
        "",
        "### Forced overflow",
        "",
        ...table(
          [
            ["agent"],
            ["scenario"],
            ["forced"],
            ["lost", "right"],
            ["declared", "right"],
            ["silent", "right"],
            ["longest wait", "right"],
            ["under load"],
            ["data sheet"],
          ],
          overflow.map((row) => [
            plain(row.agent),
            plain(row.scenario),
            row.contradiction === null ? forcedTitle(row) : `**${forcedTitle(row)}**`,
            lostText(row),
            declaredText(row),
            isSilent(row) ? `**${silentText(row)}**` : silentText(row),
            stallText(row),
            underLoadTitle(row),
            promisedTitle(row),
          ]),
        ),
      ];

const bullets = (title: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : ["", `### ${title}`, "", ...items.map((item) => `- ${item}`)];

/** GitHub-flavoured Markdown, ending in a newline. */
export const renderMarkdown = (whole: Summary): string => {
  const summary = sensorsOnly(whole);
  const { run, host } = summary;
  const banner = emulationBanner(summary);
  const isolation = isolationText(run);
  const lines = [
    `## tare: ${plain(run.id)}`,
    "",
    ...(banner === null ? [] : [`> **${banner}**`, ""]),
    ...inWords(summary).map((sentence) => `${plain(sentence)}  `),
    "",
    `${plain(host.cpuModel)}, ${formatNumberOf(host.cpus, "CPU")}, kernel ${plain(host.kernel)} ${plain(host.arch)}, ${plain(host.virtualisation)}; ${formatTime(run.startedAt)}, seed ${run.seed}, profile ${plain(run.profile)}, method ${plain(run.method)}.`,
    ...(isolation === null ? [] : ["", `It ran in ${isolation}.`]),
    ...verdictSection(summary),
    ...trustSection(summary),
    ...costSection(summary),
    ...lossSection(summary),
    ...techniqueSections(summary),
    ...backpressureSection(summary),
    ...bullets(
      "Not observed by design",
      summary.coverage.map((gap) => plain(`${gap.agent}, ${gap.scenario}: ${coverageText(gap)}`)),
    ),
    ...bullets(
      "Skipped agents",
      skippedAgents(summary).map(
        (agent) =>
          `${plain(agent.id)}: ${plain(agent.reason ?? "no reason was recorded")}${agent.hint === null ? "" : ` (${plain(agent.hint)})`}`,
      ),
    ),
    ...bullets("Warnings", summary.warnings.map(plain)),
  ];
  return `${lines.join("\n")}\n`;
};
