/** Words for what happens in a session, on the screen. */
import { readTimeoutScale } from "../host/timeout-scale.ts";
import type { Host } from "../domain/host.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import { formatNumberOf } from "../report/format.ts";
import type { SessionEvent } from "../session/session.ts";
import { clock, createLiveView } from "./live-view.ts";
import type { Screen } from "./screen.ts";

type Measured = Extract<SessionEvent, { readonly kind: "measured" }>;

export const createTeller = (
  screen: Screen,
  host: Pick<Host, "now" | "uid">,
): ((event: SessionEvent) => void) => {
  let showProgress: ReturnType<typeof createLiveView> = () => undefined;
  return (event) => {
    switch (event.kind) {
      case "cleaned":
        screen.info(cleanedText(event));
        break;
      case "audit-freed":
        screen.info(`audit belonged to process ${event.pid}, which is dead: freed it`);
        break;
      case "left":
        screen.warn(`left on the node: ${event.problem}`);
        break;
      case "damaged":
        screen.warn(`${event.path}:${event.line}: ${event.why}`);
        break;
      case "unread":
        screen.warn(`left out ${event.path}: ${event.why}`);
        break;
      case "removed":
        screen.warn(
          `${event.folder} was removed while the run wrote to it: made again, with everything measured so far`,
        );
        break;
      case "policy":
        for (const text of policyTexts(event)) screen.info(text);
        break;
      case "few-blocks":
        screen.warn(fewBlocksText(event));
        break;
      case "short-budget":
        screen.warn(
          `the time budget is less than what is done in any case: it takes about ${clock(event.seconds * 1000)}`,
        );
        break;
      case "scenario-skipped":
        screen.info(`skipping ${event.scenario}: ${event.reason}. ${event.hint}`);
        break;
      case "service-stopped":
        screen.info(`stopping ${event.title} for the run; it is started again at its end`);
        break;
      case "started": {
        const { plan, statuses, leftOut, forecastSeconds } = event;
        infoOnSkipped(screen, statuses);
        if (host.uid !== 0) {
          screen.warn(
            "not root: sensors cannot be started, only the baseline workloads run. Use `sudo npm run bench`.",
          );
        }
        screen.info(
          plan.blocks.length === 0 && plan.load === undefined && plan.watches === undefined
            ? triedText(plan, forecastSeconds)
            : `measuring ${plan.agents.join(", ")} on ${plan.scenarios.join(", ")}: ${lengthText(plan)}, about ${clock(forecastSeconds * 1000)}`,
        );
        if (leftOut.length > 0) {
          screen.info(`left out unless named with --agents: ${leftOut.join(", ")}; \`tare agents\` says why`);
        }
        break;
      }
      case "resumed":
        screen.info(
          event.plan.blocks.length === 0
            ? "resuming at the first start that is not done"
            : `resuming at block ${event.firstBlock + 1} of ${event.plan.blocks.length}`,
        );
        break;
      case "measuring":
        showProgress = createLiveView(
          screen,
          event.plan,
          event.emulated,
          () => host.now(),
          readTimeoutScale(),
        );
        break;
      case "progress":
        showProgress(event.event);
        break;
      case "interrupted":
        screen.info(`${event.signal}: stopping what was started ... (Ctrl-C: kill it)`);
        break;
      case "kept":
        screen.warn(
          `the run was stopped by what follows; everything measured so far is in the record: go on with \`tare run --resume ${event.folder}\``,
        );
        break;
      case "hurried":
        screen.info("killing what was started, then undoing the rest ... (Ctrl-C: leave it as it is)");
        break;
      case "measured":
        if (event.planned > 0) screen.info(endOf(event));
        break;
    }
  };
};

const triedText = ({ coverage }: Plan, forecastSeconds: number): string => {
  if (coverage === undefined) return "no agent of these runs here: nothing is tried";
  const { techniques, turns, untried = [] } = coverage;
  return [
    ...untried.map(({ agent, why }) => `not tried: ${agent}: ${why}`),
    turns.length === 0
      ? "nothing is tried"
      : `trying ${formatNumberOf(techniques.length, "technique")} under ${turns.map(({ agent }) => agent).join(", ")}: about ${clock(forecastSeconds * 1000)}`,
  ].join("\n");
};

const cleanedText = ({ journal, undone, folder }: Extract<SessionEvent, { kind: "cleaned" }>): string => {
  const left = `undid what run ${journal} left when it was killed: ${undone.join(", ") || "nothing was left"}`;
  return folder === undefined
    ? left
    : `${left}\nwhat it had measured is in its record: go on with \`tare run --resume ${folder}\``;
};

type Policy = Extract<SessionEvent, { readonly kind: "policy" }>;

const policyTexts = ({ of, leftOut, together }: Policy): readonly string[] => [
  ...leftOut.map((what) => `not followed: ${what}`),
  ...(together === undefined
    ? []
    : [
        `${of}: its ${together} rules are measured together only; --each-policy measures each of them as well, --agents ${of}@policy-NAME one`,
      ]),
];

const fewBlocksText = ({
  fitting,
  least,
  seconds,
  tails,
}: Extract<SessionEvent, { readonly kind: "few-blocks" }>): string =>
  `the time has room for ${formatNumberOf(fitting, "block")}, and ${tails === true ? "a 99.9th percentile needs" : "intervals need"} ${least}: --time-budget ${Math.ceil(seconds / 60)}m, or fewer ${tails === true ? "--agents or --scenarios" : "--scenarios, commands or rules"}`;

const lengthText = ({ blocks, load = [], watches = [] }: Plan): string => {
  const windows = watches.reduce((sum, { turns }) => sum + turns.length, 0);
  return [
    ...(blocks.length === 0 && load.length + windows > 0
      ? []
      : [`at most ${formatNumberOf(blocks.length, "block")}`]),
    ...(load.length === 0 ? [] : [`${formatNumberOf(load.length, "start")} under rising load`]),
    ...(windows === 0 ? [] : [`${formatNumberOf(windows, "window")} second by second`]),
  ].join(", ");
};

const endOf = ({ outcome: { reason, blocks }, planned }: Measured): string => {
  if (planned === 0)
    return reason === "complete" ? "all starts done" : "time budget reached before all starts";
  switch (reason) {
    case "complete":
      return `${formatNumberOf(blocks, "block")} done`;
    case "time-budget":
      return `time budget reached after ${blocks} of ${planned} blocks`;
    case "precise-enough":
      return `${formatNumberOf(blocks, "block")} done: precise enough, judging by their variance`;
  }
};

export const infoOnSkipped = (screen: Screen, statuses: readonly AgentStatus[]): void => {
  for (const { id, reason, hint } of statuses.filter(({ status }) => status === "skipped"))
    screen.info(`skipped ${id}: ${reason ?? ""}. ${hint ?? ""}`);
};
