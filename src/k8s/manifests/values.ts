/** What may be set of tare's objects in a cluster: the flags of `tare k8s manifests`, and the values of the Helm chart. */
import * as z from "zod";
import type { From } from "../../domain/schema.ts";
import { MAX_HOLD_SECONDS, MIN_HOLD_SECONDS } from "../plan.ts";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Names of roles are made of it. */
const SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]{0,198}[a-z0-9])?$/;

const CONTROL = "-control";
/** With that behind it, it must still be a name. */
const BEFORE_CONTROL = /^[a-z0-9]([a-z0-9-]{0,53}[a-z0-9])?$/;

export const controlOf = (namespace: string): string => `${namespace}${CONTROL}`;

export const DaemonSet = z.strictObject({
  namespace: z.string().regex(LABEL),
  daemonSet: z.string().regex(SUBDOMAIN),
});
export type DaemonSet = From<typeof DaemonSet>;

export const Values = z.strictObject({
  namespace: z
    .string()
    .regex(BEFORE_CONTROL)
    .default("tare")
    .describe(
      `Where the pods on benched nodes run; Pod Security lets them be privileged there. NAME${CONTROL} is made as well, where Pod Security is restricted: conductor, holds and Leases.`,
    ),
  agents: z
    .array(DaemonSet)
    .default([])
    .describe(
      "The DaemonSets whose pods tare may delete, to measure a node without them. Empty: none, and only the agents of the image can be measured.",
    ),
  maxHoldSeconds: z
    .int()
    .min(MIN_HOLD_SECONDS)
    .max(MAX_HOLD_SECONDS)
    .default(MAX_HOLD_SECONDS)
    .describe(
      "How long a hold may keep an agent off its node at most, with nobody left to remove it: the kubelet ends it then.",
    ),
  criticalPods: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe(
      "How many pods of a system-critical priority may be in the restricted namespace at once. A hold has its agent's priority; GKE admits critical ones outside kube-system only where a quota counts them.",
    ),
  scc: z
    .strictObject({
      create: z.boolean().default(false).describe("For OpenShift: SecurityContextConstraints of its own."),
    })
    .prefault({}),
});
export type Values = From<typeof Values>;
