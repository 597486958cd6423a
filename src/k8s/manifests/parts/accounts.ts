/** The identities of tare's pods. Holds and places have none of their own: they make no request. */
import type { V1ServiceAccount } from "@kubernetes/client-node";
import { CONDUCTOR_ACCOUNT } from "../../objects/conductor-job.ts";
import { NODE_ACCOUNT } from "../../objects/node-job.ts";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";

const account = (name: string, namespace: string, hasToken: boolean): V1ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace, labels: LABELS },
  automountServiceAccountToken: hasToken,
});

export const ACCOUNTS: Part = {
  file: "accounts.yaml",
  kind: "always",
  objects: ({ namespace, control }) => [
    account(NODE_ACCOUNT, namespace, false),
    account(CONDUCTOR_ACCOUNT, control, true),
  ],
};
