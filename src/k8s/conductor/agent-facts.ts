/** What a hold and a place of an agent are made of: its DaemonSet's own words. */
import type { V1DaemonSet, V1LabelSelector, V1Pod } from "@kubernetes/client-node";
import { type Amounts, requestsOf } from "../choose/room.ts";

export interface AgentFacts {
  readonly selector: V1LabelSelector;
  readonly priorityClassName: string | undefined;
  readonly requests: Amounts;
}

/** Of its pods those that run, since admission may have given them requests that the template does not have. */
export const factsOf = ({ spec }: V1DaemonSet, pods: readonly V1Pod[]): AgentFacts | undefined => {
  const template = spec?.template.spec;
  if (spec === undefined || template === undefined) return undefined;
  const priorityClassName = pods[0]?.spec?.priorityClassName ?? template.priorityClassName;
  return {
    selector: spec.selector,
    priorityClassName: priorityClassName === "" ? undefined : priorityClassName,
    requests: requestsOf(pods[0]?.spec ?? template),
  };
};

/** What a hold still tells of its agent, where nothing else does: a DaemonSet may be deleted meanwhile. */
export const selectorOfHold = ({ spec }: V1Pod): V1LabelSelector | undefined =>
  spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector;

/** As a list takes it. */
export const selectorText = ({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector): string =>
  [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case "In":
          return `${key} in (${values.join(",")})`;
        case "NotIn":
          return `${key} notin (${values.join(",")})`;
        case "DoesNotExist":
          return `!${key}`;
        default:
          return key;
      }
    }),
  ].join(",");

export const isRolledOut = ({ metadata, status }: V1DaemonSet): boolean =>
  status?.observedGeneration === metadata?.generation &&
  (status?.updatedNumberScheduled ?? 0) === (status?.desiredNumberScheduled ?? 0);

/** A selector may catch pods of somebody else: they are not the agent's, and never touched. */
export const isOfDaemonSet =
  (name: string) =>
  ({ metadata }: V1Pod): boolean =>
    metadata?.ownerReferences?.some(
      (owner) => owner.controller === true && owner.kind === "DaemonSet" && owner.name === name,
    ) === true;
