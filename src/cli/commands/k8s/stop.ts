/** `tare k8s stop`: ends a bench, keeps what it measured, and gives every agent back. */
import { join, resolve } from "node:path";
import { Command } from "commander";
import { endBench } from "../../../k8s/bench/end.ts";
import { findBenches } from "../../../k8s/bench/find.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { systemClock } from "../../k8s/clock.ts";
import { addClusterFlags, type ClusterFlags, connect, namespacesOf, withCluster } from "../../k8s/connect.ts";
import { endedCode, sayEnded } from "../../k8s/ended-text.ts";
import { conductorEar } from "../../k8s/hear-conductor.ts";
import { watchBench } from "../../k8s/watch.ts";
import { noSuchBench } from "./status.ts";

interface StopFlags extends ClusterFlags {
  /** False with --no-collect. */
  readonly collect: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

export const stopCommand = (context: CliContext): Command =>
  addClusterFlags(new Command("stop"))
    .description("end a bench before its time: its records are gathered first, every agent comes back")
    .argument("<bench>", "as `tare k8s run` names it")
    .option("--no-collect", "do not gather what it has measured: it goes with the bench's logs")
    .option("--out <dir>", "folder for the records (default: results/<bench>)")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(exitsWith((bench: string, flags: StopFlags) => withCluster(() => stop(context, bench, flags))));

const HELP = `
Waits until every agent is Ready again, for five minutes at most.

Example:
  tare k8s stop 20260101-120000-3f7a

${exitCodesHelp("k8s clean")}`;

const stop = async (context: CliContext, id: string, flags: StopFlags): Promise<number> => {
  const { screen } = context;
  const cluster = await connect(flags);
  const namespaces = namespacesOf(flags);
  const [bench] = await findBenches(cluster, namespaces, id);
  if (bench === undefined) throw noSuchBench(id);
  const ear = conductorEar(screen);
  const out = resolve(flags.out ?? join(context.host.root, "results", id));
  if (flags.collect) {
    await watchBench(context, {
      cluster,
      namespaces,
      bench: id,
      out,
      follow: false,
      ear,
      hasConductor: true,
    });
    screen.info(`what was measured is in ${out}; \`tare report ${out}/*\` makes the page`);
  }
  const ended = await endBench({ cluster, clock: systemClock, namespaces, say: ear.hear }, bench);
  sayEnded(screen, [ended], flags.json);
  return endedCode([ended]);
};
