/** A file of the manifests: the same name and the same objects, whether as they are, for kustomize or as a template of the chart. */
import type { KubernetesObject } from "@kubernetes/client-node";
import type { Terms } from "./terms.ts";
import type { DaemonSet, Values } from "./values.ts";

export type Objects = readonly KubernetesObject[];

export type Part = { readonly file: string } & (
  | { readonly kind: "always"; readonly objects: (terms: Terms) => Objects }
  | { readonly kind: "openshift"; readonly objects: (terms: Terms) => Objects }
  | { readonly kind: "for-each-agent"; readonly objects: (terms: Terms, agent: DaemonSet) => Objects }
);

export const objectsOf = (part: Part, values: Values, terms: Terms): Objects => {
  switch (part.kind) {
    case "always":
      return part.objects(terms);
    case "openshift":
      return values.scc.create ? part.objects(terms) : [];
    case "for-each-agent":
      return values.agents.flatMap((agent) => part.objects(terms, agent));
  }
};
