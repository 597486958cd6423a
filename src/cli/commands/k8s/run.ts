/** `tare k8s run`: a bench from its plan to its page. */
import { join, resolve } from "node:path";
import { Command } from "commander";
import { EXIT, TareError } from "../../../domain/errors.ts";
import { startBench } from "../../../k8s/bench/start.ts";
import { endBench } from "../../../k8s/bench/end.ts";
import { findBenches } from "../../../k8s/bench/find.ts";
import { isRefused } from "../../../k8s/choose/choose.ts";
import { ClusterError, isClusterError } from "../../../k8s/cluster.ts";
import { conduct } from "../../../k8s/conductor/conduct.ts";
import type { NodeOutcome } from "../../../k8s/conductor/lines.ts";
import type { BenchPlan } from "../../../k8s/plan.ts";
import type { UserCluster } from "../../../k8s/user-cluster.ts";
import { interruptible } from "../../../session/interruptible.ts";
import { writeBenchFile } from "../../../session/bench-file.ts";
import type { CliContext } from "../../context.ts";
import type { Screen } from "../../screen.ts";
import { exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { benchAnnotation, benchFileOf } from "../../k8s/bench-facts.ts";
import { addBenchFlags, type BenchFlags } from "../../k8s/bench-flags.ts";
import { choiceJson, choiceText } from "../../k8s/choice-text.ts";
import { systemClock } from "../../k8s/clock.ts";
import { concludeBench } from "../../k8s/conclude.ts";
import { connect, withCluster } from "../../k8s/connect.ts";
import { conductorEar } from "../../k8s/hear-conductor.ts";
import { keepVoids } from "../../k8s/keep-record.ts";
import { prepareBench, type PreparedBench } from "../../k8s/prepare.ts";
import { watchBench } from "../../k8s/watch.ts";

interface RunFlags extends BenchFlags {
  readonly detach?: boolean;
  readonly dryRun?: boolean;
  readonly out?: string;
  readonly report?: string;
}

export const runCommand = (context: CliContext): Command =>
  addBenchFlags(new Command("run"))
    .description("bench nodes: measure, gather the records, write the page, with every agent back")
    .option("--detach", "start it and return; `tare k8s collect` gathers later")
    .option("--out <dir>", "folder for the records, one folder a node in it (default: results/<bench>)")
    .option("--report <file>", "where to write the page (default: reports/<bench>.html)")
    .option("--dry-run", "as `tare k8s plan`: also asks the server whether it would admit the pods")
    .option("--json", "print what became of each node as JSON on standard output")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: RunFlags) => withCluster(() => run(context, flags))));

const run = async (context: CliContext, flags: RunFlags): Promise<number> => {
  const { screen } = context;
  refuse(flags);
  const cluster = await connect(flags);
  const prepared = await prepareBench(context, cluster, flags);
  const { choice, plan } = prepared;
  if (flags.dryRun === true || plan === undefined || isRefused(choice)) {
    screen.result(flags.json === true ? choiceJson(prepared) : choiceText(prepared, screen.columns));
    if (!isRefused(choice)) return EXIT.withinBudget;
    screen.warn("nothing was made: see above what is in the way");
    return EXIT.hostUnfit;
  }
  screen.info(choiceText(prepared, screen.columns));
  const isLocal = flags.conductor === "local";
  const isStopping = plan.agents.length > 0;
  const out = resolve(flags.out ?? join(context.host.root, "results", plan.bench));
  const facts = benchFileOf(plan.bench, choice);
  await startBench(cluster, plan, isStopping && !isLocal, benchAnnotation(facts));
  screen.info(`\nbench ${plan.bench} begins`);
  if (flags.detach === true) return detached(context, flags, plan);
  await writeBenchFile(out, facts);
  const running = { context, flags, cluster, prepared, plan, out };
  return isStopping && isLocal ? await conducted(running) : await watched(running);
};

const refuse = ({ image, dryRun, detach, conductor, agent, asIs }: RunFlags): void => {
  if (image === undefined && dryRun !== true)
    throw new TareError(
      "usage",
      "--image is missing: no image of tare is published",
      "build one (docs/kubernetes.md), push it to where the nodes pull from, and name it with --image",
    );
  if (detach === true && conductor === "local" && (agent ?? []).length > 0 && asIs !== true)
    throw new TareError(
      "usage",
      "--detach and --conductor local: nobody would give the agents back",
      "leave one of the two out",
    );
};

const detached = (
  { screen }: CliContext,
  { json, context, namespace, kubeconfig }: RunFlags,
  { bench, nodes }: BenchPlan,
): number => {
  const same = [
    ...(context === undefined ? [] : [`--context ${context}`]),
    ...(kubeconfig === undefined ? [] : [`--kubeconfig ${kubeconfig}`]),
    ...(namespace === "tare" ? [] : [`--namespace ${namespace}`]),
  ].map((word) => ` ${word}`);
  if (json === true) screen.result(JSON.stringify({ bench, nodes: nodes.map(({ name }) => name) }));
  else
    screen.result(
      [
        `tare k8s status ${bench}${same.join("")}    how far it is`,
        `tare k8s collect ${bench}${same.join("")}   its records and the page; a day after its end at the latest`,
        `tare k8s stop ${bench}${same.join("")}      end it, with every agent back`,
      ].join("\n"),
    );
  return EXIT.withinBudget;
};

interface Running {
  readonly context: CliContext;
  readonly flags: RunFlags;
  readonly cluster: UserCluster;
  readonly prepared: PreparedBench;
  readonly plan: BenchPlan;
  readonly out: string;
}

/** The cluster does the rest; this process watches. */
const watched = async ({ context, flags, cluster, prepared, plan, out }: Running): Promise<number> => {
  const ear = conductorEar(context.screen);
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal}: bench ${plan.bench} goes on in the cluster`,
      `\`tare k8s collect ${plan.bench}\` gathers what it measures, \`tare k8s stop ${plan.bench}\` ends it`,
    );
  const results = await interruptible(reasonFor, (signal) =>
    goesOn(plan.bench, () =>
      watchBench(context, {
        cluster,
        namespaces: plan.namespaces,
        bench: plan.bench,
        out,
        follow: true,
        signal,
        ear,
        forecastSeconds: prepared.minutes.seconds,
        hasConductor: plan.agents.length > 0,
      }),
    ),
  );
  return await concludeBench(context, {
    ...flags,
    bench: plan.bench,
    out,
    results: results ?? [],
    outcomes: ear.outcomes,
    isOver: true,
  });
};

/** A token that has run out, or a cluster that is not reached any more, ends who watches, and nothing else. */
const goesOn = async <T>(bench: string, watching: () => Promise<T>): Promise<T> => {
  try {
    return await watching();
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const before = isClusterError(error, "forbidden") ? "log in again: " : "";
    throw new TareError(
      "host-unfit",
      `${error.message}; bench ${bench} goes on in the cluster`,
      `${before}\`tare k8s collect ${bench}\` gathers what it measures, \`tare k8s stop ${bench}\` ends it`,
      { cause: error },
    );
  }
};

/** This process takes the agents off: it ends only when they are back. */
const conducted = async ({ context, flags, cluster, prepared, plan, out }: Running): Promise<number> => {
  const { screen } = context;
  const ear = conductorEar(screen);
  const { namespaces, bench } = plan;
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal}: bench ${bench} is ended`,
      `what was measured is in ${out}; \`tare k8s clean ${bench}\` removes what is left in the cluster`,
    );
  return await interruptible(reasonFor, async (signal) => {
    const denied = new AbortController();
    // One of its own: it reads the same logs, each to where it has come.
    const conducting = conduct({
      plan,
      cluster: await connect(flags),
      clock: systemClock,
      say: ear.hear,
      stop: AbortSignal.any([signal, denied.signal]),
    });
    const watching = watchBench(context, {
      cluster,
      namespaces,
      bench,
      out,
      follow: true,
      signal,
      ear,
      forecastSeconds: prepared.minutes.seconds,
      hasConductor: false,
    });
    // What its user may not do any more it may not do either: it says what is left, instead of trying for ever.
    watching.catch((error: unknown) => {
      if (isClusterError(error, "forbidden")) denied.abort();
    });
    const [ended, results] = await Promise.allSettled([conducting, watching]);
    if (ended.status === "rejected") throw ended.reason;
    // What it said after the last line of its node, too.
    await keepVoids(out, ear.voids);
    if (signal.aborted || denied.signal.aborted) sayBack(screen, ended.value.outcomes);
    if (signal.aborted) await removeBench(cluster, plan, screen);
    if (results.status === "rejected") throw results.reason;
    return await concludeBench(context, {
      ...flags,
      bench,
      out,
      results: results.value ?? [],
      outcomes: ended.value.outcomes,
      isOver: true,
    });
  });
};

const sayBack = (screen: Screen, outcomes: ReadonlyMap<string, NodeOutcome>): void => {
  const away = [...outcomes].flatMap(([node, outcome]) =>
    outcome.kind === "not-back" ? [{ node, outcome }] : [],
  );
  for (const { node, outcome } of away)
    screen.warn(`${node}: an agent is not back: ${outcome.missing.join("; ")}`);
  if (away.length === 0) screen.info("every agent is back");
};

const removeBench = async (
  cluster: UserCluster,
  { namespaces, bench }: BenchPlan,
  screen: Screen,
): Promise<void> => {
  const [found] = await findBenches(cluster, namespaces, bench);
  if (found === undefined) return;
  const { left } = await endBench({ cluster, clock: systemClock, namespaces, say: () => undefined }, found);
  for (const one of left) screen.warn(`left in the cluster: ${one}`);
};

const HELP = `
--agent names DaemonSets of the cluster, --agents those of the image (see \`tare
agents\`), which nothing is stopped for. With --conductor job (the default) the
terminal may be closed: the bench goes on, and \`tare k8s collect\` gathers it.
With --conductor local nothing but the node pods is put into the cluster, and
Ctrl-C gives every agent back before it ends.

--as-is takes no agent off. With --profile load it puts load on what runs and
tells where it begins to lose events; what it costs cannot be told without a turn
without it.

Examples:
  tare k8s run --agent daemonset:kube-system/tetragon --image registry/tare:1
  tare k8s run --agent daemonset:falco/falco --agents sensor --nodes 5 \\
      --budget budget.yaml --max-unprotected 2 --image registry/tare:1
  tare k8s run --agents sensor --profile smoke --image registry/tare:1
  tare k8s run --agent daemonset:falco/falco --image registry/tare:1 --detach

${exitCodesHelp("k8s run")}`;
