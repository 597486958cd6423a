/** A refusal as a user reads it: what is in the way, and what to do about it. */
import type { Refusal } from "./refusal.ts";
import type { Resource } from "./room.ts";

export interface Worded {
  readonly reason: string;
  readonly hint: string;
}

const MAX_NAMED = 3;

/** The first few of them. */
const named = (names: readonly string[]): string =>
  names.length <= MAX_NAMED
    ? names.join(", ")
    : `${names.slice(0, MAX_NAMED).join(", ")} and ${names.length - MAX_NAMED} more`;

const MEBIBYTE = 2 ** 20;

const amountText = (resource: Resource, amount: number): string => {
  switch (resource) {
    case "cpu":
      return `${amount}m`;
    case "memory":
    case "ephemeral-storage":
      return `${Math.floor(amount / MEBIBYTE)}Mi`;
  }
};

export const worded = (refusal: Refusal): Worded => {
  switch (refusal.kind) {
    case "not-ready":
      return {
        reason: "the node is not Ready",
        hint: "see `kubectl describe node` for its conditions",
      };
    case "cordoned":
      return {
        reason: "the node is cordoned: whoever did it may drain it meanwhile",
        hint: "uncordon it, or bench others",
      };
    case "virtual":
      return {
        reason: `no node of its own (label ${refusal.label}): it takes neither DaemonSets nor privileged pods`,
        hint: "bench nodes that are machines",
      };
    case "other-system":
      return { reason: `it runs ${refusal.system}, not Linux`, hint: "select Linux nodes" };
    case "other-architecture":
      return {
        reason: `architecture ${refusal.architecture}: tare knows amd64 and arm64`,
        hint: "select nodes of these architectures",
      };
    case "no-hostname-label":
      return {
        reason:
          "it lacks the label kubernetes.io/hostname, by which a hold keeps the agent off this node alone",
        hint: "kubelets set it; put it back",
      };
    case "shared-hostname":
      return {
        reason: `its label kubernetes.io/hostname=${refusal.hostname} is also that of ${named(refusal.nodes)}: a hold would keep the agent off those too`,
        hint: "give each node a hostname of its own",
      };
    case "no-agent-pod":
      return {
        reason: `${refusal.agent} has no pod here`,
        hint: "select nodes on which it runs; its node selector, affinity and tolerations decide that",
      };
    case "agent-not-ready":
      return {
        reason: `pod ${refusal.pod} of ${refusal.agent} is not Ready: nothing would tell whether it came back as it was`,
        hint: "see `kubectl describe pod` and mend it first",
      };
    case "few-slots":
      return {
        reason: `${refusal.free} free pod slots, ${refusal.needed} are needed: without them the node would end other pods`,
        hint: "bench nodes with fewer pods, or wait",
      };
    case "no-room":
      return {
        reason: `full: ${amountText(refusal.resource, Math.max(0, refusal.free))} of ${refusal.resource} free, ${amountText(refusal.resource, refusal.needed)} needed, so that nobody takes the agent's place while it is off`,
        hint: "bench nodes with the agent's requests free a second time, or use --as-is",
      };
    case "leased":
      return {
        reason: `bench ${refusal.by} has it`,
        hint: `\`tare k8s status ${refusal.by}\` tells how far it is`,
      };
    case "half-rolled-out":
      return {
        reason: `it is being rolled out: ${refusal.updated} of ${refusal.desired} pods are of its latest revision`,
        hint: "wait until `kubectl rollout status` says that it is done",
      };
    case "on-delete":
      return {
        reason: `its updateStrategy is OnDelete, and only ${refusal.updated} of ${refusal.desired} pods are of its latest revision: to take one away would update it`,
        hint: "finish the update by hand, or use --as-is",
      };
    case "foreign-pods":
      return {
        reason: `its selector also matches pods of another owner: ${named(refusal.pods)}; a hold would keep them off too`,
        hint: "give one of the two labels of its own, or use --as-is",
      };
    case "static-pods":
      return {
        reason: `its selector matches static pods, which no scheduler places: ${named(refusal.pods)}`,
        hint: "use --as-is: such an agent cannot be kept off",
      };
    case "other-scheduler":
      return {
        reason: `its pods are placed by scheduler "${refusal.scheduler}", which may not know of holds`,
        hint: "let the default scheduler place it, or use --as-is",
      };
    case "runtime-hooks":
      return {
        reason: `Tetragon's runtime hooks are installed (${named(refusal.pods)}): while it is away, new containers on the node would fail`,
        hint: "uninstall the hooks (rthooks.enabled=false) for the bench, or use --as-is",
      };
    case "keeps-sensors":
      return {
        reason: `it leaves its BPF programs behind when it stops (${refusal.where}): off would not be off`,
        hint: "set tetragon.enableKeepSensorsOnExit=false for the bench, or use --as-is",
      };
    case "no-priority-class":
      return {
        reason: `its priority class ${refusal.className} is not there any more: no hold can be given it`,
        hint: "create the class again, or give the agent another",
      };
    case "preempts":
      return {
        reason: `its pods have priority ${refusal.agent}, and a hold could have ${refusal.hold}${refusal.className === undefined ? "" : ` by class ${refusal.className}`}: it would preempt the hold and come back`,
        hint: "roll the agent out again, so that its pods get what its class says today",
      };
    case "no-namespace":
      return {
        reason: `there is no namespace ${refusal.namespace}`,
        hint: "install tare's manifests: `tare k8s manifests | kubectl apply -f -`",
      };
    case "quota":
      return {
        reason: `ResourceQuota ${refusal.quota} in ${refusal.namespace} counts ${refusal.resources.join(", ")}: a hold asks for none of it, and would be refused`,
        hint: "take the quota out of that namespace, where only tare's small pods are",
      };
    case "quota-full":
      return {
        reason: `ResourceQuota ${refusal.quota} in ${refusal.namespace} allows ${refusal.hard} pods, and ${refusal.used} are there`,
        hint: "raise it, or `tare k8s clean` what an earlier bench left",
      };
    case "quota-not-counted":
      return {
        reason: `ResourceQuota ${refusal.quota} in ${refusal.namespace} has counted nothing yet: it lets through more than it says`,
        hint: "try again in a second; the controller manager fills its status",
      };
    case "limit-range":
      return {
        reason: `LimitRange ${refusal.limitRange} in ${refusal.namespace} gives pods requests that a hold must not have: the node would end others for it`,
        hint: "take the LimitRange out of that namespace, where only tare's small pods are",
      };
    case "critical-quota":
      return {
        reason: `this cluster lets no pod of class ${refusal.className} into ${refusal.namespace}`,
        hint: "a ResourceQuota there must allow the class, as the one of `tare k8s manifests` does",
      };
    case "server":
      return {
        reason: `the server refuses ${refusal.what}: ${refusal.message}`,
        hint: hintForServer(refusal.message),
      };
  }
};

const hintForServer = (message: string): string => {
  if (/autopilot|gke warden/i.test(message))
    return "GKE Autopilot lets no privileged pod in without an allowlist of its own: bench nodes of a standard cluster";
  if (/podsecurity/i.test(message))
    return "label the namespace pod-security.kubernetes.io/enforce=privileged, as `tare k8s manifests` does";
  if (/security context constraint/i.test(message))
    return "OpenShift: install the chart with scc.create=true";
  if (/exceeded quota/.test(message)) return "raise that quota, or wait until others there need less";
  if (/failed quota/.test(message))
    return "tare's pods have requests and no limits: take that quota away, or install tare in another namespace";
  return "nothing was made; the message is the cluster's own";
};
