/** `tare k8s clean`: takes away whatever benches left in a cluster, and waits for the agents. */
import { Command } from "commander";
import { EXIT } from "../../../domain/errors.ts";
import { type Ended, endBench } from "../../../k8s/bench/end.ts";
import { findBenches, type FoundBench } from "../../../k8s/bench/find.ts";
import { isEnded } from "../../../k8s/bench/state.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { systemClock } from "../../k8s/clock.ts";
import { addClusterFlags, type ClusterFlags, connect, namespacesOf, withCluster } from "../../k8s/connect.ts";
import { endedCode, sayEnded } from "../../k8s/ended-text.ts";
import { conductorEar } from "../../k8s/hear-conductor.ts";
import type { Screen } from "../../screen.ts";
import { noSuchBench } from "./status.ts";

interface CleanFlags extends ClusterFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const cleanCommand = (context: CliContext): Command =>
  addClusterFlags(new Command("clean"))
    .description("remove what benches left in a cluster: Jobs with their logs, holds, Leases")
    .argument("[bench...]", "default: all that are over")
    .option("--all", "also those that go on, whoever runs them")
    .option("--dry-run", "list what would be removed; remove nothing")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(
      exitsWith((benches: readonly string[], flags: CleanFlags) =>
        withCluster(() => clean(context, benches, flags)),
      ),
    );

const HELP = `
Finds everything by its labels alone, whichever version and machine made it, and
waits until every agent is Ready again, for five minutes at most. Records that
were not gathered go with the logs: \`tare k8s collect\` first.

Examples:
  tare k8s clean                          benches that are over
  tare k8s clean 20260101-120000-3f7a     this one, even if it goes on
  tare k8s clean --all --dry-run

${exitCodesHelp("k8s clean")}`;

const isOver = ({ nodes, conductor }: FoundBench): boolean =>
  nodes.every(({ job }) => isEnded(job)) && (conductor === undefined || isEnded(conductor));

/** Of a conductor elsewhere the cluster shows only this. */
const isKept = ({ leases }: FoundBench, now: number): boolean =>
  leases.some(({ spec }) => {
    const { renewTime, leaseDurationSeconds = 0 } = spec ?? {};
    return renewTime !== undefined && new Date(renewTime).getTime() + leaseDurationSeconds * 1000 > now;
  });

const clean = async (context: CliContext, ids: readonly string[], flags: CleanFlags): Promise<number> => {
  const { screen, host } = context;
  const cluster = await connect(flags);
  const namespaces = namespacesOf(flags);
  const found = await findBenches(cluster, namespaces);
  const unknown = ids.find((id) => !found.some((bench) => bench.id === id));
  if (unknown !== undefined) throw noSuchBench(unknown);
  const now = Date.parse(host.date());
  const isMeant = (bench: FoundBench): boolean =>
    ids.length > 0 ? ids.includes(bench.id) : flags.all === true || (isOver(bench) && !isKept(bench, now));
  const meant = found.filter(isMeant);
  const others = found.filter((bench) => !isMeant(bench));
  if (flags.dryRun === true) {
    if (flags.json === true) screen.result(JSON.stringify(meant.map(countsOf), null, 2));
    else screen.result(meant.map(whatText).join("\n") || "nothing would be removed");
  } else {
    const ear = conductorEar(screen);
    const ended: Ended[] = [];
    for (const bench of meant)
      ended.push(await endBench({ cluster, clock: systemClock, namespaces, say: ear.hear }, bench));
    if (ended.length > 0 || flags.json === true) sayEnded(screen, ended, flags.json);
    else screen.result("nothing to clean: no bench that is over left anything");
    tellOthers(screen, others);
    return endedCode(ended);
  }
  tellOthers(screen, others);
  return EXIT.withinBudget;
};

const tellOthers = (screen: Screen, others: readonly FoundBench[]): void => {
  if (others.length > 0)
    screen.info(`left alone: ${others.map(({ id }) => id).join(", ")} go on; name them, or --all`);
};

const countsOf = ({ id, nodes, conductor, holds, places, leases }: FoundBench) => ({
  bench: id,
  jobs: nodes.length + (conductor === undefined ? 0 : 1),
  holds: holds.length,
  places: places.length,
  leases: leases.length,
});

const whatText = (bench: FoundBench): string => {
  const { jobs, holds, places, leases } = countsOf(bench);
  return `${bench.id}: ${jobs} Jobs, ${holds} holds, ${places} places, ${leases} Leases`;
};
