/** The pod on a benched node listens to nobody and calls nobody: its workload stays on its own loopback, and its results are its log. */
import type { V1NetworkPolicy } from "@kubernetes/client-node";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";

export const NETWORK: Part = {
  file: "network.yaml",
  kind: "always",
  objects: ({ namespace }) => [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "tare-no-network", namespace, labels: LABELS },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    } satisfies V1NetworkPolicy,
  ],
};
