/** OpenShift admits a pod by these, beside Pod Security: one for the pod on a benched node, and one that is there already for holds. */
import type { KubernetesObject, V1RoleBinding } from "@kubernetes/client-node";
import { CAPABILITIES } from "../../capabilities.ts";
import { NODE_ACCOUNT } from "../../objects/node-job.ts";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";
import { userOf } from "../user-of.ts";

/** https://docs.redhat.com/en/documentation/openshift_container_platform/4.20/html/security_apis/securitycontextconstraints-security-openshift-io-v1 */
interface SecurityContextConstraints extends KubernetesObject {
  readonly allowHostDirVolumePlugin: boolean;
  readonly allowHostIPC: boolean;
  readonly allowHostNetwork: boolean;
  readonly allowHostPID: boolean;
  readonly allowHostPorts: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly allowPrivilegedContainer: boolean;
  readonly allowedCapabilities: readonly string[];
  readonly readOnlyRootFilesystem: boolean;
  readonly runAsUser: { readonly type: string };
  readonly seLinuxContext: { readonly type: string };
  readonly fsGroup: { readonly type: string };
  readonly supplementalGroups: { readonly type: string };
  readonly seccompProfiles: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly volumes: readonly string[];
}

const ANY = { type: "RunAsAny" } as const;

const forNodePod = (namespace: string): SecurityContextConstraints => ({
  apiVersion: "security.openshift.io/v1",
  kind: "SecurityContextConstraints",
  metadata: { name: `${namespace}-node`, labels: LABELS },
  allowHostDirVolumePlugin: true,
  allowHostIPC: false,
  allowHostNetwork: false,
  allowHostPID: true,
  allowHostPorts: false,
  allowPrivilegeEscalation: true,
  allowPrivilegedContainer: false,
  allowedCapabilities: Object.keys(CAPABILITIES),
  readOnlyRootFilesystem: true,
  runAsUser: ANY,
  seLinuxContext: ANY,
  fsGroup: ANY,
  supplementalGroups: ANY,
  seccompProfiles: ["*"],
  users: [userOf(namespace, NODE_ACCOUNT)],
  groups: [],
  volumes: ["emptyDir", "hostPath"],
});

/** A hold says as which user it runs, which OpenShift's default for pods does not allow. */
const forHolds = (control: string): V1RoleBinding => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "tare-nonroot", namespace: control, labels: LABELS },
  roleRef: {
    apiGroup: "rbac.authorization.k8s.io",
    kind: "ClusterRole",
    name: "system:openshift:scc:nonroot-v2",
  },
  subjects: [
    {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Group",
      name: `system:serviceaccounts:${control}`,
    },
  ],
});

export const OPENSHIFT: Part = {
  file: "openshift.yaml",
  kind: "openshift",
  objects: ({ namespace, control }) => [forNodePod(namespace), forHolds(control)],
};
