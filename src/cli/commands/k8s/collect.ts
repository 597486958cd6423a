/** `tare k8s collect`: the records of a bench, and the page over them. */
import { join, resolve } from "node:path";
import { Command } from "commander";
import { TareError } from "../../../domain/errors.ts";
import { findBenches } from "../../../k8s/bench/find.ts";
import { isEnded } from "../../../k8s/bench/state.ts";
import { interruptible } from "../../../session/interruptible.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { exitCodesHelp } from "../../explain/exit-codes.ts";
import { readBenchFile, writeBenchFile } from "../../../session/bench-file.ts";
import { benchFactsIn } from "../../k8s/bench-facts.ts";
import { concludeBench } from "../../k8s/conclude.ts";
import { addClusterFlags, type ClusterFlags, connect, namespacesOf, withCluster } from "../../k8s/connect.ts";
import { conductorEar } from "../../k8s/hear-conductor.ts";
import { watchBench } from "../../k8s/watch.ts";
import { noSuchBench } from "./status.ts";

interface CollectFlags extends ClusterFlags {
  readonly follow?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly json?: boolean;
}

export const collectCommand = (context: CliContext): Command =>
  addClusterFlags(new Command("collect"))
    .description("gather the records of a bench from its nodes' logs, and write the page over them")
    .argument("<bench>", "as `tare k8s run` names it")
    .option("-f, --follow", "until its nodes have ended (default: what there is now)")
    .option("--out <dir>", "folder for the records, one folder a node in it (default: results/<bench>)")
    .option("--report <file>", "where to write the page (default: reports/<bench>.html)")
    .option("--json", "print what became of each node as JSON on standard output")
    .addHelpText("after", HELP)
    .action(
      exitsWith((bench: string, flags: CollectFlags) => withCluster(() => collect(context, bench, flags))),
    );

const HELP = `
Each line of a record is proved to follow the one before, and what is here
already is gone on with: it may be called again and again. The cluster keeps the
logs for a day after the end, and of each log the newest file (10 MiB, unless its
kubelets are told otherwise); lines that are gone are named.

Examples:
  tare k8s collect 20260101-120000-3f7a
  tare k8s collect 20260101-120000-3f7a --follow --report reports/fleet.html

${exitCodesHelp("k8s run")}`;

const collect = async (context: CliContext, bench: string, flags: CollectFlags): Promise<number> => {
  const cluster = await connect(flags);
  const namespaces = namespacesOf(flags);
  const out = resolve(flags.out ?? join(context.host.root, "results", bench));
  const ear = conductorEar(context.screen);
  const reasonFor = (signal: string): TareError =>
    new TareError(
      "interrupted",
      `interrupted by ${signal}: what was gathered is in ${out}`,
      "the same command goes on with it",
    );
  const results = await interruptible(reasonFor, (signal) =>
    watchBench(context, {
      cluster,
      namespaces,
      bench,
      out,
      follow: flags.follow === true,
      signal,
      ear,
      hasConductor: true,
    }),
  );
  if (results === undefined) throw noSuchBench(bench);
  const [now] = await findBenches(cluster, namespaces, bench);
  const facts = now === undefined ? undefined : benchFactsIn(now);
  if (facts !== undefined && (await readBenchFile(context.host, out)) === undefined)
    await writeBenchFile(out, facts);
  return await concludeBench(context, {
    ...flags,
    bench,
    out,
    results,
    outcomes: ear.outcomes,
    isOver: now === undefined || now.nodes.every(({ job }) => isEnded(job)),
  });
};
