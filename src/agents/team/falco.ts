/**
 * A team's rules files for Falco: each rule alone by the switches of Falco's own configuration, so that the files stay as they are. To every rule's
 * output come the fields that show tare's tokens. https://falco.org/docs/concepts/rules/controlling-rules/, .../concepts/outputs/formatting/.
 */
import * as z from "zod";
import { own } from "../../domain/own.ts";
import { readYaml } from "../../domain/yaml-file.ts";
import { checkRules } from "../shared/falco-check.ts";
import { falcoSheet } from "../shared/falco-daemon.ts";
import { POLICY_HINT, type PolicyFile, type ReadPolicy, refusePolicy, type TeamAgent } from "./policy.ts";

const Item = z.looseObject({
  rule: z.string().min(1).exactOptional(),
  enabled: z.union([z.boolean(), z.string()]).exactOptional(),
  source: z.string().exactOptional(),
  required_plugin_versions: z.unknown().exactOptional(),
});
const Rules = z.array(Item);

const CONFIGURATION = ["rules_files", "engine", "outputs_queue", "file_output", "json_output", "plugins"];

/** Falco expands these in its configuration, and takes the star for any text. */
const SPECIAL = /\$\{|\*/;

/** As Falco's own YAML has it, whose version of the language is older than 1.2. */
const SWITCH: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  y: true,
  false: false,
  no: false,
  off: false,
  n: false,
};

interface Found {
  /** By name, whether its last mention leaves it on: a later file may switch a rule of an earlier one, or add to it. */
  readonly rules: Map<string, boolean>;
  /** Of other sources than system calls, which come from plugins: Falco passes over them. */
  readonly foreign: Map<string, string>;
}

const find = (file: PolicyFile, { rules, foreign }: Found): void => {
  const isConfiguration = CONFIGURATION.some((key) => new RegExp(`^${key}:`, "m").test(file.text));
  if (isConfiguration)
    refusePolicy(
      file.path,
      undefined,
      "it is a configuration of Falco, and outputs and buffers are tare's here",
      "give the rules files that it names",
    );
  const { content, refuse } = readYaml(Rules, file.text, file.path, POLICY_HINT);
  for (const [index, item] of content.entries()) {
    const { rule, enabled, source = "syscall", required_plugin_versions: plugins } = item;
    if (plugins !== undefined)
      refuse([index, "required_plugin_versions"], "it needs plugins, and tare loads none");
    if (rule === undefined) continue;
    if (source !== "syscall")
      foreign.set(
        rule,
        `${file.path}: rule "${rule}" is about the source ${source}, whose plugin tare does not load`,
      );
    // What is added to such a rule need not name its source again.
    if (foreign.has(rule)) continue;
    const isOn = typeof enabled === "string" ? own(SWITCH, enabled.toLowerCase()) : enabled;
    if (enabled !== undefined && isOn === undefined)
      refuse([index, "enabled"], `"${String(enabled)}" is neither true nor false`);
    if (SPECIAL.test(rule))
      refuse([index, "rule"], `"${rule}" cannot be switched on alone: it holds \${ or *`);
    rules.set(rule, isOn ?? rules.get(rule) ?? true);
  }
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
  const found: Found = { rules: new Map(), foreign: new Map() };
  for (const file of files) find(file, found);
  const leftOut = [...found.foreign.values()];
  const names = [...found.rules].flatMap(([name, isOn]) => (isOn ? [name] : []));
  if (names.length === 0)
    refusePolicy(
      files[0]?.path ?? "",
      undefined,
      leftOut.length === 0 ? "it has no rule that is on" : "it has no rule that is on and about system calls",
      leftOut[0] ?? "macros and lists report nothing",
    );
  return {
    rules: names,
    leftOut,
    thins:
      "a condition of its rules may hold for a part of the operations only: what is missing there may be none of its events",
    notes: ["of a system call that several rules name, the first: rule_matching is first, as shipped"],
    sheet: (rule) =>
      falcoSheet({
        files: files.map(({ text }) => text),
        configuration: SHOWN + (rule === undefined ? "" : onlyRule(names[rule] ?? "")),
      }),
    check: (host) =>
      checkRules(
        host,
        "falco@policy",
        files.map(({ path }) => path),
      ),
  };
};

export const teamFalco: TeamAgent = { id: "falco", title: "Falco", endings: [".yaml", ".yml"], read };
