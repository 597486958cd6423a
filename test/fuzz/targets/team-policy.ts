/** Teams' own policies, of each agent that takes them: refused in words, or made agents with names that can be parts of paths and pages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { teamAgents, type TeamAgent } from "../../../src/agents/team/policy.ts";
import { TEAMS } from "../../../src/agents/team/teams.ts";
import { refused, type Target } from "../engine/target.ts";
import { YAML_FOUND, YAML_WORDS } from "../engine/yaml-words.ts";

const ROOT = join(import.meta.dirname, "../../..");
const EXAMPLES = join(ROOT, "docs/examples/policies");
const POLICIES = join(ROOT, "src/agents/policies");

const NAME = /^[a-z]+@policy(?:-[a-z0-9]+)*$/;

const checkAgents = (team: TeamAgent, text: string, enforcing: boolean): void => {
  const policy = refused(() => team.read([{ path: "mine", text }], enforcing));
  if (policy === undefined) return;
  const ids = teamAgents(team, policy, { path: "mine", digest: "00" }).map(({ id }) => id);
  const wrong = ids.find((id, index) => !NAME.test(id) || ids.indexOf(id) < index);
  if (wrong !== undefined) throw new Error(`a rule became the agent ${JSON.stringify(wrong)}`);
};

/** One for each input: all of them would take six times as long, and the input decides so that it is found again. */
const teamFor = (input: Buffer): TeamAgent | undefined =>
  [...TEAMS.values()][input.reduce((sum, byte) => sum + byte, 0) % TEAMS.size];

const target: Target = {
  found: () => YAML_FOUND,
  seeds: () => [
    readFileSync(join(EXAMPLES, "audit.rules"), "utf8"),
    readFileSync(join(EXAMPLES, "sensor/etc.yaml"), "utf8"),
    ...[
      "falco/everything.yaml",
      "tetragon/everything.yaml",
      "tracee/everything.yaml",
      "osquery/everything.conf",
    ].map((name) => readFileSync(join(POLICIES, name), "utf8")),
    "-b 8192\n-w /etc -p wa -k etc\n-a never,exit -S all -F key=x\n-e 2\n",
    '{"packs":{"a":{"queries":{"b":{"query":"select 1"}}}},"options":{}}',
  ],
  words: [
    ...YAML_WORDS,
    "-a always,exit ",
    "-k ",
    "deny: { exec: { paths: [/tmp/] } }\n",
    "rate: 5\n",
    "network: { addresses: [127.0.0.1/33] }\n",
    "- rule: a\n  enabled: false\n",
    "matchActions: [{ action: Sigkill }]\n",
    "defaultActions: [webhook]\n",
    '"schedule":{"a":{"query":"curl"}}',
    '"__proto__":{"query":"x"}',
  ],
  run: (input) => {
    const team = teamFor(input);
    if (team !== undefined) checkAgents(team, input.toString(), input.length % 2 === 0);
  },
};
export default target;
