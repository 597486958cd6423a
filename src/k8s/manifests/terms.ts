/**
 * The texts in which tare's objects differ from cluster to cluster. They are what somebody set, or the places where Helm puts that: both by the
 * same builders, so that the chart cannot say anything else than the plain objects do.
 */
import { controlOf, type DaemonSet, type Values } from "./values.ts";

export interface Terms {
  readonly namespace: string;
  readonly control: string;
  readonly maxHoldSeconds: string;
  readonly criticalPods: string;
  /** `NAMESPACE/NAME ` for each agent, one after the other: nothing else is a text in Helm's language and in CEL. */
  readonly agents: string;
}

export const termsOf = (values: Values): Terms => ({
  namespace: values.namespace,
  control: controlOf(values.namespace),
  maxHoldSeconds: String(values.maxHoldSeconds),
  criticalPods: String(values.criticalPods),
  agents: values.agents.map(({ namespace, daemonSet }) => `${namespace}/${daemonSet} `).join(""),
});

/** `$` is the chart's root inside a loop too. */
export const HELM_TERMS: Terms = {
  namespace: "{{ $.Values.namespace }}",
  control: controlOf("{{ $.Values.namespace }}"),
  maxHoldSeconds: "{{ $.Values.maxHoldSeconds }}",
  criticalPods: "{{ $.Values.criticalPods }}",
  agents: "{{ range $.Values.agents }}{{ .namespace }}/{{ .daemonSet }} {{ end }}",
};

/** One of them, inside a loop over `agents`. */
export const HELM_AGENT: DaemonSet = { namespace: "{{ .namespace }}", daemonSet: "{{ .daemonSet }}" };
