/** What the pods of tare have in common. */
import type { V1PodSecurityContext, V1PodSpec, V1SecurityContext } from "@kubernetes/client-node";

/** As Pod Security's `restricted` wants it to be said: it does not look into the image, whose user is the same. */
const NOBODY = 65534;

/** Of a pod that has no business with its node. */
export const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: NOBODY,
  seccompProfile: { type: "RuntimeDefault" },
} as const satisfies V1PodSecurityContext;

/** Of its container. */
export const RESTRICTED_CONTAINER: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** The API does not take an empty list for none. */
export const pullSecrets = ({
  imagePullSecrets,
}: {
  readonly imagePullSecrets: readonly string[];
}): Pick<V1PodSpec, "imagePullSecrets"> =>
  imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) };
