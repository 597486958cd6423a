/** `tare k8s`: benches of a cluster's nodes. */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { cleanCommand } from "./k8s/clean.ts";
import { collectCommand } from "./k8s/collect.ts";
import { conductCommand } from "./k8s/conduct.ts";
import { manifestsCommand } from "./k8s/manifests.ts";
import { nodeCommand } from "./k8s/node.ts";
import { planCommand } from "./k8s/plan.ts";
import { runCommand } from "./k8s/run.ts";
import { statusCommand } from "./k8s/status.ts";
import { stopCommand } from "./k8s/stop.ts";

export const k8sCommand = (context: CliContext): Command =>
  new Command("k8s")
    .description("measure the nodes of a Kubernetes cluster, with the agents as they run there")
    .addCommand(planCommand(context))
    .addCommand(runCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(collectCommand(context))
    .addCommand(stopCommand(context))
    .addCommand(cleanCommand(context))
    .addCommand(manifestsCommand(context))
    .addCommand(conductCommand(context), { hidden: true })
    .addCommand(nodeCommand(context), { hidden: true })
    .addHelpText("after", HELP);

const HELP = `
A bench draws nodes at random from each kind of node, starts a pod on each that
measures it, and gathers their records into one page. An agent that a DaemonSet
runs is taken off its node for the turns without it, by a small pod that keeps it
away and ends by itself (docs/kubernetes.md).

Examples:
  tare k8s manifests --agent daemonset:kube-system/tetragon | kubectl apply -f -
                                     once: what a cluster needs for benches
  tare k8s plan --agent daemonset:kube-system/tetragon --nodes 5
                                     which nodes, how long, what is in the way
  tare k8s run --agent daemonset:kube-system/tetragon --nodes 5 --image IMAGE
                                     measure, and give every agent back
  tare k8s run --agents sensor --image IMAGE
                                     an agent of the image: nothing is stopped
  tare k8s run --as-is --agent daemonset:falco/falco --image IMAGE
                                     load on what runs, and what it loses`;
