/** How tare's objects in a cluster are named and found again. */
import { createHash } from "node:crypto";

export const APP = "app.kubernetes.io/name";
export const BENCH = "tare.dev/bench";
export const NODE = "tare.dev/node";
export const ROLE = "tare.dev/role";

/** An annotation, for it may be longer than a label's value: `daemonset:NAMESPACE/NAME`. */
export const AGENT = "tare.dev/agent";

/** An annotation of a node Job, for who finds nothing else of its bench: the agents that it turns off, with a space between them. */
export const AGENTS = "tare.dev/agents";

/** An annotation of a bench's first node Job: what its nodes were drawn from, as the file beside its records has it. */
export const BENCH_FACTS = "tare.dev/bench-facts";

export type Role = "hold" | "place" | "node" | "conductor" | "lease" | "slot";

/** Of a pod of a DaemonSet's: which of its templates it was made of. The controller sets it. */
export const REVISION = "controller-revision-hash";

const MAX_LABEL_VALUE = 63;
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** Two of some thousand nodes meet in it once in a hundred million clusters. */
const HASH_LENGTH = 12;

export const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);

/** A node's name is a subdomain and may be longer than a label's value. */
export const nodeLabel = (node: string): string =>
  node.length <= MAX_LABEL_VALUE && LABEL_VALUE.test(node) ? node : hashOf(node);

export type Labels = Readonly<Record<string, string>>;

const labelsOfTare = (bench: string, role: Role): Labels => ({ [APP]: "tare", [BENCH]: bench, [ROLE]: role });

export const labelsOf = (bench: string, role: Role, node?: string): Record<string, string> => ({
  ...labelsOfTare(bench, role),
  ...(node === undefined ? {} : { [NODE]: nodeLabel(node) }),
});

/** `a=1,b=2`, as the API takes it. */
export const selectorOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

/** All of a bench, or of one role of it. */
export const benchSelector = (bench: string, role?: Role): string =>
  selectorOf({ [APP]: "tare", [BENCH]: bench, ...(role === undefined ? {} : { [ROLE]: role }) });

/**
 * Whoever tends a node's autoscaling would otherwise take it away in the middle of a bench, or empty it.
 */
export const STAYS: Labels = {
  "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
  "karpenter.sh/do-not-disrupt": "true",
};
