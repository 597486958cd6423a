/** Whether the namespaces take what tare makes: their quotas and defaults, and what the server says to a dry run of a hold. */
import type { V1LimitRange, V1Pod, V1ResourceQuota } from "@kubernetes/client-node";
import type { AgentRefusal, ControlRefusal } from "./refusal.ts";

/** What a hold and a place are beside a pod: a quota that counts more refuses them. */
const COUNTED = new Set(["pods", "count/pods"]);
const OBJECTS =
  /^(?:count\/|(?:pods|configmaps|secrets|services|persistentvolumeclaims|replicationcontrollers|resourcequotas)$|services\.)/;

const PRIORITY = "PriorityClass";

/** Whether it is about pods of some classes alone. */
const isScoped = ({ spec }: V1ResourceQuota): boolean =>
  spec?.scopeSelector?.matchExpressions?.some(({ scopeName }) => scopeName === PRIORITY) === true;

/** A hold asks for no resources, so that it is never in the way: where a quota counts those, it must. */
export const quotaRefusals = (
  namespace: string,
  quotas: readonly V1ResourceQuota[],
): readonly ControlRefusal[] =>
  quotas.flatMap((found): readonly ControlRefusal[] => {
    const quota = found.metadata?.name ?? "";
    const hard = Object.keys(found.spec?.hard ?? {});
    const resources = hard.filter((resource) => !OBJECTS.test(resource));
    if (resources.length > 0) return [{ kind: "quota", namespace, quota, resources }];
    const counted = hard.find((resource) => COUNTED.has(resource));
    if (counted === undefined) return [];
    const limit = found.status?.hard?.[counted];
    const used = found.status?.used?.[counted];
    if (limit === undefined || used === undefined)
      return isScoped(found) ? [{ kind: "quota-not-counted", namespace, quota }] : [];
    return Number(used) < Number(limit)
      ? []
      : [{ kind: "quota-full", namespace, quota, used: Number(used), hard: Number(limit) }];
  });

export const limitRefusals = (
  namespace: string,
  ranges: readonly V1LimitRange[],
): readonly ControlRefusal[] =>
  ranges
    .filter(({ spec }) =>
      spec?.limits.some(
        ({ type, _default, defaultRequest }) =>
          type === "Container" && [_default, defaultRequest].some((one) => Object.keys(one ?? {}).length > 0),
      ),
    )
    .map(({ metadata }) => ({ kind: "limit-range", namespace, limitRange: metadata?.name ?? "" }));

/** The text of an answer with status 500, by which GKE and OpenShift refuse critical pods where no quota lets them in. */
const CRITICAL = /insufficient quota to match these scopes/;

/** `what`: is being tried. */
export const dryRunRefusal = (
  what: string,
  namespace: string,
  className: string | undefined,
  message: string,
): ControlRefusal =>
  className !== undefined && CRITICAL.test(message)
    ? { kind: "critical-quota", namespace, className }
    : { kind: "server", what, message };

const priorityOf = ({ spec }: V1Pod): number => spec?.priority ?? 0;

/** `hold`: as the server would make it. A higher agent preempts it, unless it never does that. */
export const holdRefusals = (hold: V1Pod, agentPods: readonly V1Pod[]): readonly AgentRefusal[] => {
  const preempting = agentPods.filter(({ spec }) => spec?.preemptionPolicy !== "Never").map(priorityOf);
  const agent = Math.max(0, ...preempting);
  return agent > priorityOf(hold)
    ? [{ kind: "preempts", className: hold.spec?.priorityClassName, agent, hold: priorityOf(hold) }]
    : [];
};
