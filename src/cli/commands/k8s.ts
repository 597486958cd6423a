/** `tare k8s`: benches of a cluster's nodes. */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { nodeCommand } from "./k8s/node.ts";

export const k8sCommand = (context: CliContext): Command =>
  new Command("k8s")
    .description("measure the nodes of a Kubernetes cluster, with the agents as they run there")
    .addCommand(nodeCommand(context), { hidden: true });
