/**
 * What RBAC cannot say. A right to delete pods is one to delete every pod of the namespace, which for an agent may be kube-system; and a right to
 * create holds is one to create holds that never end.
 */
import type {
  V1MatchCondition,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingAdmissionPolicySpec,
} from "@kubernetes/client-node";
import { CONDUCTOR_ACCOUNT } from "../../objects/conductor-job.ts";
import { ROLE } from "../../objects/labels.ts";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";
import type { Terms } from "../terms.ts";
import { userOf } from "../user-of.ts";

/** Whatever stops a policy from being evaluated refuses the request. */
const policy = (
  name: string,
  spec: Omit<V1ValidatingAdmissionPolicySpec, "failurePolicy">,
): readonly [V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding] => [
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name, labels: LABELS },
    spec: { failurePolicy: "Fail", ...spec },
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name, labels: LABELS },
    spec: { policyName: name, validationActions: ["Deny"] },
  },
];

const pods = (operation: "CREATE" | "DELETE") => [
  { apiGroups: [""], apiVersions: ["v1"], operations: [operation], resources: ["pods"] },
];

const byConductor = (control: string): string =>
  `request.userInfo.username == '${userOf(control, CONDUCTOR_ACCOUNT)}'`;

const onlyByConductor = (control: string): V1MatchCondition => ({
  name: "conductor",
  expression: byConductor(control),
});

const IS_OF_A_NAMED_DAEMON_SET =
  "has(oldObject.metadata.ownerReferences) && oldObject.metadata.ownerReferences.exists(o, " +
  "o.apiVersion == 'apps/v1' && o.kind == 'DaemonSet' && has(o.controller) && o.controller && " +
  "(request.namespace + '/' + o.name) in variables.named)";

const onlyNamedAgents = ({ namespace, control, agents }: Terms) =>
  policy(`${namespace}-agent-pods`, {
    matchConstraints: { resourceRules: pods("DELETE") },
    matchConditions: [onlyByConductor(control)],
    variables: [{ name: "named", expression: `'${agents}'.split(' ')` }],
    validations: [
      {
        expression: `request.namespace == '${control}' || (${IS_OF_A_NAMED_DAEMON_SET})`,
        messageExpression: `'tare may not delete ' + request.namespace + '/' + oldObject.metadata.name + ', which is no pod of a DaemonSet that was named for it: ${agents}'`,
        reason: "Forbidden",
      },
    ],
  });

/** Also of a conductor that runs as somebody else, on whose machine it is. */
const IS_HOLD_OR_PLACE =
  `has(object.metadata.labels) && '${ROLE}' in object.metadata.labels && ` +
  `object.metadata.labels['${ROLE}'] in ['hold', 'place']`;

const onlyWithDeadline = ({ namespace, control, maxHoldSeconds }: Terms) =>
  policy(`${namespace}-hold-deadline`, {
    matchConstraints: {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": control } },
      resourceRules: pods("CREATE"),
    },
    matchConditions: [
      { name: "hold-or-place", expression: `${byConductor(control)} || (${IS_HOLD_OR_PLACE})` },
    ],
    validations: [
      {
        expression: `has(object.spec.activeDeadlineSeconds) && object.spec.activeDeadlineSeconds <= ${maxHoldSeconds}`,
        message: `a pod that keeps an agent off its node needs activeDeadlineSeconds of at most ${maxHoldSeconds}`,
        reason: "Invalid",
      },
    ],
  });

export const POLICIES: Part = {
  file: "policies.yaml",
  kind: "always",
  objects: (terms) => [...onlyNamedAgents(terms), ...onlyWithDeadline(terms)],
};
