/**
 * A team's rules files for Falco: each rule alone by the switches of Falco's own configuration, so that the files stay as they are. To every rule's
 * output come the fields that show tare's tokens. https://falco.org/docs/concepts/rules/controlling-rules/, .../concepts/outputs/formatting/.
 */
import * as z from "zod";
import { readYaml } from "../../domain/yaml-file.ts";
import { falcoSheet } from "../shared/falco-daemon.ts";
import { POLICY_HINT, type PolicyFile, type ReadPolicy, refusePolicy, type TeamAgent } from "./policy.ts";

const Item = z.looseObject({
  rule: z.string().min(1).exactOptional(),
  enabled: z.boolean().exactOptional(),
  required_plugin_versions: z.unknown().exactOptional(),
});
const Rules = z.array(Item);

const CONFIGURATION = ["rules_files", "engine", "outputs_queue", "file_output", "json_output", "plugins"];

/** Falco expands these in its configuration, and takes the star for any text. */
const SPECIAL = /\$\{|\*/;

/** By name, whether its last mention leaves it on. */
const rulesIn = (file: PolicyFile): ReadonlyMap<string, boolean> => {
  const isConfiguration = CONFIGURATION.some((key) => new RegExp(`^${key}:`, "m").test(file.text));
  if (isConfiguration)
    refusePolicy(
      file.path,
      undefined,
      "it is a configuration of Falco, and outputs and buffers are tare's here",
      "give the rules files that it names",
    );
  const { content, refuse } = readYaml(Rules, file.text, file.path, POLICY_HINT);
  const rules = new Map<string, boolean>();
  for (const [index, { rule, enabled, required_plugin_versions: plugins }] of content.entries()) {
    if (plugins !== undefined)
      refuse([index, "required_plugin_versions"], "it needs plugins, and tare loads none");
    if (rule === undefined) continue;
    if (SPECIAL.test(rule))
      refuse([index, "rule"], `"${rule}" cannot be switched on alone: it holds \${ or *`);
    rules.set(rule, enabled ?? rules.get(rule) ?? true);
  }
  return rules;
};

/** Of every system call's rule; the file's own output stays. */
const SHOWN = `append_output:
  - match:
      source: syscall
    extra_fields: [proc.cmdline, fd.name, fd.sip]
`;

const onlyRule = (name: string): string => `rules:
  - disable:
      rule: "*"
  - enable:
      rule: ${JSON.stringify(name)}
`;

const read = (files: readonly PolicyFile[]): ReadPolicy => {
  const rules = new Map(files.flatMap((file) => [...rulesIn(file)]));
  const names = [...rules].flatMap(([name, isOn]) => (isOn ? [name] : []));
  if (names.length === 0)
    refusePolicy(
      files[0]?.path ?? "",
      undefined,
      "it has no rule that is on",
      "macros and lists report nothing",
    );
  return {
    rules: names,
    leftOut: [],
    thins:
      "a condition of its rules may hold for a part of the operations only: what is missing there may be none of its events",
    notes: ["of a system call that several rules name, the first: rule_matching is first, as shipped"],
    sheet: (rule) =>
      falcoSheet({
        files: files.map(({ text }) => text),
        configuration: SHOWN + (rule === undefined ? "" : onlyRule(names[rule] ?? "")),
      }),
  };
};

export const teamFalco: TeamAgent = { id: "falco", title: "Falco", files: /\.ya?ml$/, read };
