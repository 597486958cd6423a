/** `tare k8s node`: what runs in the pod on a benched node. A run whose standard output is the protocol of `src/k8s/node/lines.ts`. */
import { join } from "node:path";
import { Command, Option } from "commander";
import { ToldOfNode } from "../../../domain/cluster-node.ts";
import { messageOf, TareError } from "../../../domain/errors.ts";
import type { Host } from "../../../domain/host.ts";
import { PROFILE_IDS } from "../../../domain/plan.ts";
import type { RunView } from "../../../domain/run-view.ts";
import { checkedJson } from "../../../domain/schema.ts";
import { probeCapabilities } from "../../../host/capabilities.ts";
import { createHost } from "../../../host/host.ts";
import { readNodeFacts } from "../../../host/node-facts.ts";
import { type NodeLine, type Preflight, PROTOCOL, writeNodeLine } from "../../../k8s/node/lines.ts";
import { createRecordLines, type RecordLines } from "../../../k8s/node/record-lines.ts";
import { createWishes } from "../../../k8s/node/wishes.ts";
import { isBudgetDeclared } from "../../../plan/budget-file.ts";
import {
  attachedIdOf,
  countPods,
  foundAgents,
  ownControlGroup,
  sightsOf,
} from "../../../session/cluster-agents.ts";
import { newRun } from "../../../session/new-run.ts";
import type { Session } from "../../../session/session.ts";
import type { RunSettings } from "../../../session/settings.ts";
import { packageVersion } from "../../../session/tool-version.ts";
import { loadRecord, viewOf } from "../../../session/view.ts";
import type { CliContext } from "../../context.ts";
import { exitCodeOfError, exitCodeOfRun, exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { addMeasuringFlags, collected, parseDuration, parseNames } from "../../flags.ts";

interface NodeFlags extends Pick<
  RunSettings,
  | "profile"
  | "agents"
  | "attach"
  | "asIs"
  | "scenarios"
  | "watch"
  | "blocks"
  | "timeBudget"
  | "seed"
  | "budget"
  | "filesOn"
  | "coverage"
  | "allowForeign"
  | "out"
> {
  readonly attach: readonly string[];
  readonly within: number;
  readonly podLogs: string;
}

/** As the agents' cluster needs at the worst, with its API server away for some minutes. */
const WITHIN_SECONDS = 600;

export const nodeCommand = (context: CliContext): Command => {
  const command = new Command("node")
    .description("measure this node from a pod on it, as a bench of its cluster has it started")
    .addOption(new Option("--profile <id>", "how much to do").choices([...PROFILE_IDS]).default("quick"))
    .option(
      "--attach <service>",
      "measure daemonset:NAMESPACE/NAME, which others stop and start; repeatable",
      collected,
      [],
    )
    .option("--agents <list>", "agents of the image to measure beside it, comma-separated", parseNames, [])
    .option("--as-is", "stop nothing: measure load and losses of what runs")
    .option("--scenarios <list>", "workloads, comma-separated (default: the profile's)", parseNames)
    .option("--watch <time>", "how long at-rest and churn watch each agent", (text) =>
      parseDuration("--watch", text),
    )
    .option("--budget <file>", "what an agent may cost (YAML); decides the exit code")
    .addOption(
      new Option("--files-on <where>", "where the files lie that the workload opens")
        .choices(["disk", "tmpfs"])
        .default("disk"),
    )
    .option("--coverage", "also try what each agent of the image sees")
    .option("--no-coverage", "do not try it")
    .option(
      "--within <time>",
      "how long an agent may take to be off, or on again",
      (text) => parseDuration("--within", text),
      WITHIN_SECONDS,
    )
    .option("--pod-logs <dir>", "where the node has the logs of its pods", "/var/log/pods");
  return addMeasuringFlags(command, "the profile's, within the time budget")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: NodeFlags) => benchNode(context, flags)));
};

const benchNode = async (context: CliContext, flags: NodeFlags): Promise<number> => {
  const print = (text: string): void => {
    context.screen.result(text);
  };
  const record = createRecordLines(print);
  let host: Host = context.host;
  const done = async (exitCode: number, said: string): Promise<void> => {
    record.flush();
    const last: NodeLine = { tare: "done", exitCode, blocks: record.blocks(), said };
    print(writeNodeLine(last));
    await leaveMessage(host, last);
  };
  try {
    const { session, settings } = await sessionOf(context, flags, print, record);
    host = session.host;
    const path = await newRun(session, settings);
    const loaded = await loadRecord(session, path);
    const view = viewOf(loaded);
    const exitCode = exitCodeOfRun(view, isBudgetDeclared(loaded.header.plan));
    await done(exitCode, wordsOf(view));
    return exitCode;
  } catch (error) {
    await done(
      exitCodeOfError(error),
      error instanceof TareError ? `${error.message}; ${error.hint}` : messageOf(error),
    );
    throw error;
  }
};

const sessionOf = async (
  context: CliContext,
  flags: NodeFlags,
  print: (text: string) => void,
  record: RecordLines,
): Promise<{ readonly session: Session; readonly settings: RunSettings }> => {
  const { within, podLogs, report: _report, ...settings } = flags as NodeFlags & { readonly report?: string };
  const say = (line: NodeLine): void => {
    print(writeNodeLine(line));
  };
  // Its root may be read-only, and what is written here is what a node's workload writes to.
  const workFolder = process.cwd();
  const journalDirectory = process.env["TARE_JOURNAL"] ?? join(workFolder, "tare/journal");
  const targets = flags.attach.filter((target) => target.startsWith("daemonset:"));
  const told = toldOfNode();
  const looking = context.host;
  const wishes = createWishes({
    host: looking,
    sights: sightsOf(looking, targets, podLogs),
    withinSeconds: within,
    say,
  });
  const host = createHost({ root: looking.root, journalDirectory, wishes });
  say(await preflightOf(context, flags, { host, workFolder, told, targets }));
  const session: Session = {
    ...context,
    host,
    journalDirectory,
    tell: (event) => {
      if (event.kind === "interrupted") wishes.end();
      context.tell(event);
    },
    pod: {
      wishes,
      held: (id) => wishes.held(targets.find((target) => attachedIdOf(target) === id)),
      podLogs,
      workFolder,
      controlGroup: await ownControlGroup(host),
      told,
      pods: await countPods(host),
      recorded: (line, text) => {
        record.add(line, text);
      },
    },
  };
  return { session, settings };
};

interface Here {
  readonly host: Host;
  readonly workFolder: string;
  readonly told: ToldOfNode;
  readonly targets: readonly string[];
}

const preflightOf = async (
  context: CliContext,
  { podLogs, asIs }: NodeFlags,
  { host, workFolder, told, targets }: Here,
): Promise<Preflight> => {
  const found = await foundAgents(host, targets, podLogs, await context.agents());
  const lacking = (await probeCapabilities(host)).filter(({ available, required }) => required && !available);
  return {
    tare: "preflight",
    protocol: PROTOCOL,
    bench: told.bench ?? null,
    node: told.node ?? null,
    version: await packageVersion(host),
    ...(await readNodeFacts(host, workFolder)),
    agents: found.map(({ obstacle: _obstacle, ...agent }) => agent),
    lacking: [
      ...lacking.map(({ title, detail, fix }) => ({ what: `${title}: ${detail}`, hint: fix })),
      ...found.flatMap(({ agent, obstacle }) =>
        obstacle === undefined || asIs === true
          ? []
          : [{ what: `${agent}: ${obstacle.reason}`, hint: obstacle.hint }],
      ),
    ],
  };
};

/** The node itself does not know what its cluster calls it. */
const toldOfNode = (): ToldOfNode => {
  const bench = process.env["TARE_BENCH"] ?? "";
  const node = process.env["TARE_NODE"] ?? "";
  const facts = process.env["TARE_NODE_FACTS"] ?? "{}";
  const read = checkedJson(ToldOfNode, facts, "TARE_NODE_FACTS");
  if (read.kind === "fault")
    throw new TareError(
      "usage",
      `TARE_NODE_FACTS: ${read.what}`,
      'for example {"instanceType":"m7g.xlarge"}',
    );
  return { ...read.content, ...(bench === "" ? {} : { bench }), ...(node === "" ? {} : { node }) };
};

const wordsOf = ({ run, verdicts }: RunView): string => {
  const kinds = [...Map.groupBy(verdicts, ({ kind }) => kind)].map(([kind, own]) => `${own.length} ${kind}`);
  return [
    `${run.trials.measured} trials measured`,
    `${run.trials.failed} failed`,
    ...(kinds.length === 0 ? [] : [`verdicts: ${kinds.join(", ")}`]),
  ].join("; ");
};

/** What the kubelet keeps of a container that has ended: so much, from the end of this file. */
const MESSAGE = "/dev/termination-log";
const MAX_MESSAGE = 4000;

const leaveMessage = async (
  host: Host,
  { exitCode, blocks, said }: Extract<NodeLine, { readonly tare: "done" }>,
): Promise<void> => {
  if ((await host.fileSize(MESSAGE)).kind === "missing") return;
  const text = JSON.stringify({ exitCode, blocks, said: said.slice(0, MAX_MESSAGE) });
  // Another pod's, where this is run by hand.
  await host.writeText(MESSAGE, text).catch(() => undefined);
};

const HELP = `
Standard output is one JSON object a line: preflight, want and seen for each time
that an agent is to be off or on, the record line by line, done. Notes go to
standard error. It writes to its working folder alone, which should lie on the
node's own disk.

TARE_BENCH and TARE_NODE name the bench and the node, TARE_NODE_FACTS what its
cluster knows of it, as JSON; all of it goes into the record.

Example:
  tare k8s node --attach daemonset:kube-system/tetragon --agents sensor

${exitCodesHelp("run")}`;
