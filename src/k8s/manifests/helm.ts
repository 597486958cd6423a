/**
 * The chart. Its templates are the same objects with Helm's own terms in them, so all that they use of its language is `{{ $.Values.x }}`, a loop
 * over the agents and one condition.
 */
import * as z from "zod";
import { HELM_AGENT, HELM_TERMS } from "./terms.ts";
import type { Part } from "./part.ts";
import { PARTS } from "./parts.ts";
import { documentsOf, yamlOf } from "./text.ts";
import { Values } from "./values.ts";

const templateOf = (part: Part): string => {
  switch (part.kind) {
    case "always":
      return documentsOf(part.objects(HELM_TERMS));
    case "openshift":
      return `{{- if $.Values.scc.create }}\n${documentsOf(part.objects(HELM_TERMS))}{{- end }}\n`;
    case "for-each-agent":
      return `{{- range $.Values.agents }}\n---\n${documentsOf(part.objects(HELM_TERMS, HELM_AGENT))}{{- end }}\n`;
  }
};

/** Helm 3 before 3.18 reads no later draft. A chart that includes this one is given `global` by Helm. */
const valuesSchema = (): object => {
  const schema = z.toJSONSchema(Values, { target: "draft-7", io: "input" });
  return {
    ...schema,
    title: "Values of tare's chart",
    properties: { ...schema.properties, global: { type: "object" } },
  };
};

const commented = (text: string): string => text.replaceAll(/^/gm, "# ");

/** Each value under what its schema says of it. */
const valuesText = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => {
      const { description } = Values.shape[name as keyof Values];
      const comment = description === undefined ? "" : `${commented(description)}\n`;
      return `${comment}${yamlOf({ [name]: value })}`;
    })
    .join("\n");

const NOTES = `tare may bench this cluster's nodes now. It has made no pod.

{{- if $.Values.agents }}
It may take these DaemonSets off a node for a while:
{{- range $.Values.agents }}
  daemonset:{{ .namespace }}/{{ .daemonSet }}
{{- end }}
{{- else }}
No DaemonSet is named in its values (agents), so it may take none off a node.
{{- end }}

  tare k8s plan --image IMAGE --namespace {{ $.Values.namespace }}
`;

const chartOf = (version: string): object => ({
  apiVersion: "v2",
  name: "tare",
  description: "Lets tare measure what the security agents of this cluster's nodes cost, and what they miss.",
  type: "application",
  version,
  appVersion: version,
  // ValidatingAdmissionPolicy is v1 since.
  kubeVersion: ">=1.30.0-0",
});

/** By path in the chart's folder; the values are its defaults. */
export const chartFiles = (values: Values, version: string): ReadonlyMap<string, string> =>
  new Map([
    ["Chart.yaml", yamlOf(chartOf(version))],
    ["values.yaml", valuesText(values)],
    ["values.schema.json", `${JSON.stringify(valuesSchema(), undefined, 2)}\n`],
    ["templates/NOTES.txt", NOTES],
    ...PARTS.map((part): [string, string] => [`templates/${part.file}`, templateOf(part)]),
  ]);
