/** Whether an agent can be taken off a node and given back: what its DaemonSet and its pods say. */
import type { V1ConfigMap, V1DaemonSet, V1Pod } from "@kubernetes/client-node";
import type { AgentRefusal } from "./refusal.ts";
import { isOver } from "./room.ts";
import { matches } from "./selector.ts";

export interface FoundAgent {
  /** `daemonset:NAMESPACE/NAME`. */
  readonly name: string;
  readonly daemonSet: V1DaemonSet;
  /** Those that its template mounts, where one may read them. */
  readonly configMaps: readonly V1ConfigMap[];
  /** Whether the class that its template names is there; undefined: it names none. */
  readonly hasPriorityClass: boolean | undefined;
}

const STATIC = "kubernetes.io/config.mirror";
const DEFAULT_SCHEDULER = "default-scheduler";

const nameOf = ({ metadata }: V1Pod): string => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;

/** Pods that the DaemonSet's selector means, whoever owns them. */
export const podsMeantBy = (daemonSet: V1DaemonSet, pods: readonly V1Pod[]): readonly V1Pod[] => {
  const { metadata, spec } = daemonSet;
  if (spec === undefined) return [];
  return pods.filter(
    (pod) =>
      pod.metadata?.namespace === metadata?.namespace &&
      !isOver(pod) &&
      matches(spec.selector, pod.metadata?.labels),
  );
};

const isOwnedBy = (daemonSet: V1DaemonSet, pod: V1Pod): boolean =>
  pod.metadata?.ownerReferences?.some(
    ({ controller, uid }) => controller === true && uid === daemonSet.metadata?.uid,
  ) === true;

const isStatic = ({ metadata }: V1Pod): boolean => metadata?.annotations?.[STATIC] !== undefined;

/** `pods`: of the whole cluster. */
export const agentRefusals = (agent: FoundAgent, pods: readonly V1Pod[]): readonly AgentRefusal[] => {
  const { daemonSet } = agent;
  const foreign = podsMeantBy(daemonSet, pods).filter((pod) => !isOwnedBy(daemonSet, pod));
  return [
    ...rolloutRefusals(daemonSet),
    ...namesOf("static-pods", foreign.filter(isStatic)),
    ...namesOf(
      "foreign-pods",
      foreign.filter((pod) => !isStatic(pod)),
    ),
    ...templateRefusals(agent),
    ...tetragonRefusals(agent, pods),
  ];
};

const namesOf = (
  kind: "static-pods" | "foreign-pods" | "runtime-hooks",
  pods: readonly V1Pod[],
): readonly AgentRefusal[] => (pods.length === 0 ? [] : [{ kind, pods: pods.map(nameOf) }]);

const rolloutRefusals = ({ metadata, spec, status }: V1DaemonSet): readonly AgentRefusal[] => {
  const { updatedNumberScheduled: updated = 0, desiredNumberScheduled: desired = 0 } = status ?? {};
  const isWhole = status?.observedGeneration === metadata?.generation && updated === desired;
  if (isWhole) return [];
  return [
    { kind: spec?.updateStrategy?.type === "OnDelete" ? "on-delete" : "half-rolled-out", updated, desired },
  ];
};

const templateRefusals = ({ daemonSet, hasPriorityClass }: FoundAgent): readonly AgentRefusal[] => {
  const { schedulerName, priorityClassName } = daemonSet.spec?.template.spec ?? {};
  return [
    ...(schedulerName === undefined || schedulerName === DEFAULT_SCHEDULER
      ? []
      : [{ kind: "other-scheduler", scheduler: schedulerName } as const]),
    ...(hasPriorityClass === false
      ? [{ kind: "no-priority-class", className: priorityClassName ?? "" } as const]
      : []),
  ];
};

/** Its chart's own labels and names, since 1.3; a container by that name prepared the hook before. */
const HOOKS_LABEL = "tetragon-rthooks";
const HOOKS_CONTAINERS = ["tetragon-rthooks", "oci-hook-setup"];
const KEEPS = "keep-sensors-on-exit";

const isTetragon = ({ daemonSet }: FoundAgent): boolean =>
  daemonSet.spec?.template.spec?.containers.some(
    ({ name, image = "" }) => name === "tetragon" || /\/tetragon(?:-ci)?[:@]/.test(image),
  ) === true;

const installsHooks = ({ metadata, spec }: V1Pod): boolean =>
  metadata?.labels?.["app.kubernetes.io/name"] === HOOKS_LABEL ||
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(({ name }) =>
    HOOKS_CONTAINERS.includes(name),
  );

const tetragonRefusals = (agent: FoundAgent, pods: readonly V1Pod[]): readonly AgentRefusal[] => {
  if (!isTetragon(agent)) return [];
  const where = keepsSensors(agent);
  return [
    ...namesOf(
      "runtime-hooks",
      pods.filter((pod) => !isOver(pod) && installsHooks(pod)),
    ),
    ...(where === undefined ? [] : [{ kind: "keeps-sensors", where } as const]),
  ];
};

const isOn = (text: string): boolean => !["", "false", "0", "no"].includes(text.trim().toLowerCase());

/** Where it is set; undefined where it is not. */
const keepsSensors = ({ daemonSet, configMaps }: FoundAgent): string | undefined => {
  const words = daemonSet.spec?.template.spec?.containers.flatMap(({ command = [], args = [] }) => [
    ...command,
    ...args,
  ]);
  const flag = words?.find((word) => new RegExp(`^--${KEEPS}(=|$)`).test(word));
  if (flag !== undefined) return isOn(flag.split("=")[1] ?? "true") ? flag : undefined;
  const map = configMaps.find(({ data }) => isOn(data?.[KEEPS] ?? ""));
  return map === undefined ? undefined : `${KEEPS} in ConfigMap ${map.metadata?.name ?? ""}`;
};
