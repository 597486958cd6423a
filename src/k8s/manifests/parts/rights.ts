/** The conductor's rights, as `../../rights.ts` lists them; the pod on a benched node has none. */
import type {
  RbacV1Subject,
  V1ClusterRole,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
} from "@kubernetes/client-node";
import { CONDUCTOR_ACCOUNT } from "../../objects/conductor-job.ts";
import { CONDUCTOR_RIGHTS, type Right, type Where } from "../../rights.ts";
import { LABELS } from "../labels.ts";
import type { Objects, Part } from "../part.ts";

const API_GROUP = "rbac.authorization.k8s.io";
const VERSION = { apiVersion: `${API_GROUP}/v1` } as const;

const ruleOf = ({ group, resource, verbs, named }: Right, agent: string): V1PolicyRule => ({
  apiGroups: [group],
  resources: [resource],
  verbs: [...verbs],
  ...(named === undefined ? {} : { resourceNames: [agent] }),
});

const rulesOf = (where: Where, agent = ""): V1PolicyRule[] =>
  CONDUCTOR_RIGHTS.filter((right) => right.where === where).map((right) => ruleOf(right, agent));

const conductor = (control: string): RbacV1Subject => ({
  kind: "ServiceAccount",
  name: CONDUCTOR_ACCOUNT,
  namespace: control,
});

const bindingOf = (
  kind: "Role" | "ClusterRole",
  metadata: { readonly name: string; readonly namespace?: string },
  control: string,
): V1RoleBinding => ({
  ...VERSION,
  kind: `${kind}Binding`,
  metadata: { ...metadata, labels: LABELS },
  roleRef: { apiGroup: API_GROUP, kind, name: metadata.name },
  subjects: [conductor(control)],
});

/** A role and who has it. */
const inNamespace = (name: string, namespace: string, rules: V1PolicyRule[], control: string): Objects => {
  const role: V1Role = { ...VERSION, kind: "Role", metadata: { name, namespace, labels: LABELS }, rules };
  return [role, bindingOf("Role", { name, namespace }, control)];
};

const inCluster = (name: string, rules: V1PolicyRule[], control: string): Objects => {
  const role: V1ClusterRole = { ...VERSION, kind: "ClusterRole", metadata: { name, labels: LABELS }, rules };
  return [role, bindingOf("ClusterRole", { name }, control)];
};

export const RIGHTS: Part = {
  file: "rights.yaml",
  kind: "always",
  objects: ({ namespace, control }) => [
    ...inNamespace(CONDUCTOR_ACCOUNT, namespace, rulesOf("nodes"), control),
    ...inNamespace(CONDUCTOR_ACCOUNT, control, rulesOf("control"), control),
    ...inCluster(`${namespace}-conductor`, rulesOf("cluster"), control),
  ],
};

/** Of two installations in one cluster, each has a role of its own. */
export const AGENT_RIGHTS: Part = {
  file: "agents.yaml",
  kind: "for-each-agent",
  objects: ({ namespace, control }, agent) =>
    inNamespace(
      `${namespace}-conductor.${agent.daemonSet}`,
      agent.namespace,
      rulesOf("agent", agent.daemonSet),
      control,
    ),
};
