/** Files of custom agents, and what their patterns and placeholders are then used for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fill } from "../../../src/agents/custom/placeholders.ts";
import { readCustomAgent } from "../../../src/agents/custom/read.ts";
import { refused, type Target } from "../engine/target.ts";
import { YAML_FOUND, YAML_WORDS } from "../engine/yaml-words.ts";

const DOCS = join(import.meta.dirname, "../../../docs");

const target: Target = {
  found: () => YAML_FOUND,
  seeds: () => [
    readFileSync(join(DOCS, "examples/custom-agent.yaml"), "utf8"),
    "id: a\ntitle: A\nobserves: [exec]\nblind-spots: [none]\noverload: drops\nevents-optional: true\nstart: { command: [a] }\nstop: { signals: [SIGTERM], grace-seconds: 1 }\n",
  ],
  words: [
    ...YAML_WORDS,
    "{{directory}}",
    "{{here}}",
    "{{ families }}",
    "buffers: { usual: { a: b }, smallest: { a: c } }\n",
    "loss: { output: stderr, pattern: '(a)', as: sum }\n",
    "pattern: '(a+)+$'\n",
    "events:\n  - { output: stdout, exec: text }\n",
    "network: { ipv4: 'a' }",
    "network: { sockaddr: 'a' }",
    "settings: { a: b }\n",
    "needs: { root: true, commands: [a], tracepoints: [sys_enter_a] }\n",
  ],
  run: (input) => {
    const spec = refused(() => readCustomAgent(input.toString(), "agent.yaml", ["falco"]));
    for (const word of spec?.start.command ?? []) fill(word, { directory: "/tmp" });
  },
};
export default target;
