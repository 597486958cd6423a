/** `tare k8s`: benches on the nodes of a cluster. */
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { manifestsCommand } from "./manifests.ts";

export const k8sCommand = (context: CliContext): Command =>
  new Command("k8s")
    .description("bench the nodes of a Kubernetes cluster with the agents that run there")
    .addCommand(manifestsCommand(context));
