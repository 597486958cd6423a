/** `tare k8s manifests`: what a cluster needs before its nodes can be benched, as its owners want to have it. */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { codeOf, messageOf, TareError } from "../../../domain/errors.ts";
import { refusedHint } from "../../../domain/refused.ts";
import { checked } from "../../../domain/schema.ts";
import { chartFiles } from "../../../k8s/manifests/helm.ts";
import { kustomizeFiles, plainText } from "../../../k8s/manifests/plain.ts";
import { Values } from "../../../k8s/manifests/values.ts";
import { daemonSetOf, MIN_HOLD_SECONDS } from "../../../k8s/plan.ts";
import { packageVersion } from "../../../session/tool-version.ts";
import { FOR_OTHERS, writeForUser } from "../../../session/write.ts";
import type { CliContext } from "../../context.ts";
import { collected, whole } from "../../flags.ts";

interface Flags {
  readonly as: "yaml" | "kustomize" | "helm";
  readonly out?: string;
  readonly namespace?: string;
  readonly agent?: readonly string[];
  readonly maxHold?: number;
  readonly criticalPods?: number;
  readonly openshift?: boolean;
}

export const manifestsCommand = (context: CliContext): Command =>
  new Command("manifests")
    .description("print or write the objects that a cluster needs before a bench; calls no cluster")
    .addOption(
      new Option("--as <form>", "one text, a kustomize base, or a Helm chart")
        .choices(["yaml", "kustomize", "helm"])
        .default("yaml"),
    )
    .option("--out <dir>", "a new folder for them; yaml alone goes to standard output without it")
    .option("--namespace <name>", 'of the node pods; NAME-control is made as well (default: "tare")')
    .option("--agent <daemonset:ns/name>", "a DaemonSet whose pods tare may take away; repeatable", collected)
    .option(
      "--max-hold <seconds>",
      "longest deadline of a hold (default: 900)",
      whole("--max-hold", MIN_HOLD_SECONDS),
    )
    .option(
      "--critical-pods <n>",
      "how many holds of a critical priority there may be at once (default: 20)",
      whole("--critical-pods", 1),
    )
    .option("--openshift", "with SecurityContextConstraints")
    .addHelpText(
      "after",
      `
For a chart the flags are the defaults of its values; see its values.yaml.

Examples:
  tare k8s manifests --agent daemonset:kube-system/tetragon | kubectl apply -f -
  tare k8s manifests --as kustomize --out base
  tare k8s manifests --as helm --out chart
  helm install tare chart --set 'agents[0].namespace=kube-system' \\
      --set 'agents[0].daemonSet=tetragon'`,
    )
    .action(async (flags: Flags) => {
      await showManifests(context, flags);
    });

const showManifests = async (context: CliContext, flags: Flags): Promise<void> => {
  const values = valuesOf(flags);
  if (flags.as === "yaml" && flags.out === undefined) {
    context.screen.result(plainText(values));
    return;
  }
  if (flags.out === undefined) {
    throw new TareError(
      "usage",
      `--as ${flags.as} is a folder, and --out names none`,
      `for example --as ${flags.as} --out tare-${flags.as}`,
    );
  }
  const folder = resolve(flags.out);
  await refuseFull(folder);
  for (const [file, text] of await filesOf(context, flags.as, values))
    await writeForUser(join(folder, file), text, { mode: FOR_OTHERS, elsewhere: ELSEWHERE });
  context.screen.info(`wrote ${folder}`);
};

const filesOf = async (
  context: CliContext,
  form: Flags["as"],
  values: Values,
): Promise<ReadonlyMap<string, string>> => {
  switch (form) {
    case "yaml":
      return new Map([["tare.yaml", plainText(values)]]);
    case "kustomize":
      return kustomizeFiles(values);
    case "helm":
      return chartFiles(values, await packageVersion(context.host));
  }
};

const ELSEWHERE = "name another folder with --out";

/** A file of an earlier call that these values have no use for would be applied with the others. */
const refuseFull = async (folder: string): Promise<void> => {
  const found = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw new TareError("usage", `--out ${folder}: ${messageOf(error)}`, refusedHint(error, ELSEWHERE), {
      cause: error,
    });
  });
  if (found.length === 0) return;
  throw new TareError(
    "usage",
    `--out ${folder}: there is something in it (${found[0] ?? ""})`,
    "remove it first, or name another folder",
  );
};

const agentOf = (text: string): { readonly namespace: string; readonly daemonSet: string } => {
  const named = daemonSetOf(text);
  if (named !== undefined) return { namespace: named.namespace, daemonSet: named.name };
  throw new TareError(
    "usage",
    `--agent ${text}: not daemonset:NAMESPACE/NAME`,
    "for example --agent daemonset:kube-system/tetragon",
  );
};

/** Where a value came from, for who gave it. */
const FLAG_OF: Readonly<Record<string, string>> = {
  namespace: "--namespace",
  agents: "--agent",
  maxHoldSeconds: "--max-hold",
  criticalPods: "--critical-pods",
};

const valuesOf = (flags: Flags): Values => {
  const given = {
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    agents: (flags.agent ?? []).map(agentOf),
    ...(flags.maxHold === undefined ? {} : { maxHoldSeconds: flags.maxHold }),
    ...(flags.criticalPods === undefined ? {} : { criticalPods: flags.criticalPods }),
    scc: { create: flags.openshift ?? false },
  };
  const found = checked(Values, given, "the values");
  if (found.kind === "fits") return Values.parse(given);
  const flag = FLAG_OF[String(found.path[0])] ?? "a flag";
  throw new TareError("usage", `${flag}: ${found.what}`, "see `tare k8s manifests --help`");
};
