/** Whether a label selector means a pod: all are listed once, and matched here. */
import type { V1LabelSelector } from "@kubernetes/client-node";

type Labels = Readonly<Record<string, string>>;
type Expression = NonNullable<V1LabelSelector["matchExpressions"]>[number];

const holds = ({ key, operator, values = [] }: Expression, labels: Labels): boolean => {
  const label = labels[key];
  switch (operator) {
    case "In":
      return label !== undefined && values.includes(label);
    case "NotIn":
      return label === undefined || !values.includes(label);
    case "Exists":
      return label !== undefined;
    case "DoesNotExist":
      return label === undefined;
    default:
      // The API server lets no other one in.
      return false;
  }
};

export const matches = (
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  labels: Labels = {},
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every((expression) => holds(expression, labels));
