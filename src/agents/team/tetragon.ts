/**
 * A team's TracingPolicies, one a file: https://tetragon.io/docs/concepts/tracing-policy/. What of them enforces, or sends something away by itself, is
 * told by their actions (.../tracing-policy/selectors/#actions-filter) and by their mode (.../tracing-policy/mode/).
 */
import * as z from "zod";
import type { Path } from "../../domain/schema.ts";
import { readYaml } from "../../domain/yaml-file.ts";
import { tetragonInGuest } from "../shared/tetragon-in-guest.ts";
import { tetragonSheet } from "../shared/tetragon.ts";
import { checkName, refuseTwice } from "./names.ts";
import { ENFORCING_HINT, POLICY_HINT, type PolicyFile, type ReadPolicy, type TeamAgent } from "./policy.ts";

const Policy = z.looseObject({
  apiVersion: z.literal("cilium.io/v1alpha1"),
  kind: z.literal("TracingPolicy"),
  metadata: z.looseObject({ name: z.string().min(1) }),
  spec: z.looseObject({
    options: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).exactOptional(),
  }),
});

/** They report, or keep count of descriptors and sockets; whatever else there is changes what the traced process does. */
const HARMLESS = new Set([
  "post",
  "nopost",
  "followfd",
  "unfollowfd",
  "copyfd",
  "tracksock",
  "untracksock",
  "cleanupenforcernotification",
]);
const SENDING = new Set(["geturl", "dnslookup"]);

interface Action {
  readonly path: Path;
  readonly name: string;
}

const actionsIn = (found: unknown, path: Path = []): readonly Action[] => {
  if (typeof found !== "object" || found === null) return [];
  return Object.entries(found).flatMap(([key, inner]): readonly Action[] => {
    const at = [...path, Array.isArray(found) ? Number(key) : key];
    return key === "action" && typeof inner === "string" ? [{ path: at, name: inner }] : actionsIn(inner, at);
  });
};

/** What a policy may have without a hook; versions to come have other kinds of hooks, but hardly others of these. */
const NO_HOOKS = new Set([
  "podSelector",
  "containerSelector",
  "hostSelector",
  "lists",
  "options",
  "selectorsMacros",
]);

const hooks = (spec: object): boolean =>
  Object.entries(spec).some(
    ([key, value]) => !NO_HOOKS.has(key) && (Array.isArray(value) ? value.length > 0 : value === true),
  );

const nameIn = (file: PolicyFile, enforcing: boolean): string => {
  const { content, refuse } = readYaml(Policy, file.text, file.path, POLICY_HINT);
  const { spec, metadata } = content;
  checkName(metadata.name, refuse);
  if (!hooks(spec))
    refuse(
      ["spec"],
      "it has no hook, so that nothing could be measured",
      "give it a list of kprobes, tracepoints, uprobes, usdts or lsmhooks",
    );
  const isMonitor =
    spec.options?.some(({ name, value }) => name === "policy-mode" && value === "monitor") === true;
  for (const { path, name } of actionsIn(spec, ["spec"])) {
    const action = name.toLowerCase();
    if (SENDING.has(action))
      refuse(path, `"${name}" sends something away for each event; outputs are tare's here`);
    if (!HARMLESS.has(action) && !enforcing && !isMonitor)
      refuse(path, `"${name}" acts on the process, which tare does not measure unless asked`, ENFORCING_HINT);
  }
  return metadata.name;
};

/** Execs are reported without a policy: with them, each row would show the same events. */
const FILTER = '{"event_set":["PROCESS_KPROBE","PROCESS_TRACEPOINT","PROCESS_UPROBE","PROCESS_LSM"]}';

const read = (files: readonly PolicyFile[], enforcing: boolean): ReadPolicy => {
  const names = files.map((file) => nameIn(file, enforcing));
  refuseTwice(files, names);
  const policies = files.map(({ text }) => text);
  return {
    rules: names,
    leftOut: [],
    thins:
      "its selectors and rate limits may keep a part of the operations away: what is missing there may be none of its events",
    notes: ["execs as such: it reports them without any policy, and here they are not written"],
    sheet: (rule) => {
      const asked = {
        policies: rule === undefined ? policies : policies.slice(rule, rule + 1),
        filter: FILTER,
      };
      return {
        ...tetragonSheet(asked),
        inGuest: (host, context) => tetragonInGuest(host, context, "tetragon@policy", asked),
      };
    },
  };
};

export const teamTetragon: TeamAgent = {
  id: "tetragon",
  title: "Tetragon",
  endings: [".yaml", ".yml"],
  read,
};
