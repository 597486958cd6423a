/**
 * A team's policies for Tracee: one policy by its rules, several by themselves. https://aquasecurity.github.io/tracee/latest/docs/policies/; their
 * actions: .../v0.16/docs/policies/actions.
 */
import { stringify } from "yaml";
import * as z from "zod";
import type { From, Path } from "../../domain/schema.ts";
import { readYaml } from "../../domain/yaml-file.ts";
import { traceeSheet } from "../shared/tracee.ts";
import { checkName, refuseTwice } from "./names.ts";
import { POLICY_HINT, type PolicyFile, type ReadPolicy, stemOf, type TeamAgent } from "./policy.ts";

const Actions = z.array(z.string());
const Rule = z.looseObject({ event: z.string().min(1), actions: Actions.exactOptional() });
const Policy = z.looseObject({
  apiVersion: z.literal("tracee.aquasec.com/v1beta1"),
  kind: z.literal("Policy"),
  metadata: z.looseObject({ name: z.string().min(1) }),
  spec: z.looseObject({
    scope: z.array(z.string()).min(1),
    rules: z.array(Rule).min(1),
    defaultActions: Actions.exactOptional(),
  }),
});
type Policy = From<typeof Policy>;

const STAYS = new Set(["log", "print"]);

const policyIn = (file: PolicyFile): Policy => {
  const { content, refuse } = readYaml(Policy, file.text, file.path, POLICY_HINT);
  checkName(content.metadata.name, refuse);
  const events = content.spec.rules.map(({ event }) => event);
  const again = events.findIndex((event, index) => events.indexOf(event) < index);
  if (again >= 0)
    refuse(
      ["spec", "rules", again, "event"],
      `"${events[again] ?? ""}" has a rule already, and a policy has one for each event`,
      "put the filters of both into one rule, or the second rule into a policy of its own",
    );
  const checkActions = (actions: readonly string[] = [], path: Path): void => {
    const away = actions.findIndex((action) => !STAYS.has(action));
    if (away >= 0)
      refuse([...path, away], `"${actions[away] ?? ""}" sends its events away; outputs are tare's here`);
  };
  checkActions(content.spec.defaultActions, ["spec", "defaultActions"]);
  for (const [index, { actions }] of content.spec.rules.entries())
    checkActions(actions, ["spec", "rules", index, "actions"]);
  return content;
};

const withRule = (policy: Policy, index: number): string =>
  stringify({ ...policy, spec: { ...policy.spec, rules: policy.spec.rules.slice(index, index + 1) } });

const read = (files: readonly PolicyFile[]): ReadPolicy => {
  const policies = files.map(policyIn);
  refuseTwice(
    files,
    policies.map(({ metadata }) => metadata.name),
  );
  const texts = files.map(({ text }) => text);
  const [only, ...others] = policies;
  const isOne = only !== undefined && others.length === 0;
  return {
    rules: isOne ? only.spec.rules.map(({ event }) => event) : files.map(({ path }) => stemOf(path)),
    leftOut: [],
    thins:
      "its filters may keep a part of the operations away: what is missing there may be none of its events",
    notes: [],
    sheet: (rule) => {
      if (rule === undefined) return traceeSheet(texts);
      return traceeSheet(isOne ? [withRule(only, rule)] : texts.slice(rule, rule + 1));
    },
  };
};

export const teamTracee: TeamAgent = { id: "tracee", title: "Tracee", endings: [".yaml", ".yml"], read };
