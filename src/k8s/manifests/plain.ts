/** One text for `kubectl apply -f -`, and the folder that a kustomization takes as its base. */
import { objectsOf } from "./part.ts";
import { PARTS } from "./parts.ts";
import { termsOf } from "./terms.ts";
import { documentsOf, yamlOf } from "./text.ts";
import type { Values } from "./values.ts";

/** By file name; a part that has no object for these values has no file. */
const filesOf = (values: Values): ReadonlyMap<string, string> => {
  const terms = termsOf(values);
  return new Map(
    PARTS.map((part) => [part.file, objectsOf(part, values, terms)] as const)
      .filter(([, objects]) => objects.length > 0)
      .map(([file, objects]) => [file, documentsOf(objects)]),
  );
};

export const plainText = (values: Values): string => [...filesOf(values).values()].join("---\n");

export const kustomizeFiles = (values: Values): ReadonlyMap<string, string> => {
  const files = filesOf(values);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [...files.keys()],
  };
  return new Map([["kustomization.yaml", yamlOf(kustomization)], ...files]);
};
