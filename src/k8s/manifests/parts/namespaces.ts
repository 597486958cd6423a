/** Two namespaces, so that who may create pods in the restricted one has no way to a node by that. */
import type { V1Namespace } from "@kubernetes/client-node";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";

type Level = "privileged" | "restricted";

/** All three modes: a cluster's own default for one that is left out would warn of every benched node. */
const namespace = (name: string, level: Level): V1Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: {
      ...LABELS,
      "pod-security.kubernetes.io/enforce": level,
      "pod-security.kubernetes.io/audit": level,
      "pod-security.kubernetes.io/warn": level,
    },
  },
});

export const NAMESPACES: Part = {
  file: "namespaces.yaml",
  kind: "always",
  objects: (terms) => [namespace(terms.namespace, "privileged"), namespace(terms.control, "restricted")],
};
