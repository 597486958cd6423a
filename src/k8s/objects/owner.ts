/** Who takes tare's objects along when it goes: the conductor's Job, and so whoever deletes that. */
import type { V1OwnerReference } from "@kubernetes/client-node";

/**
 * Only for objects of the Job's own namespace: any other is collected at once. It blocks no deletion, for which one
 * would need a right to the Job's finalizers.
 */
export const ownerReference = (name: string, uid: string): V1OwnerReference => ({
  apiVersion: "batch/v1",
  kind: "Job",
  name,
  uid,
  controller: false,
  blockOwnerDeletion: false,
});
