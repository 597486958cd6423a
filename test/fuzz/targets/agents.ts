/** Whatever agents, their tools, and their configuration say of themselves: every agent's probe, and those of the node's owner. */
import { join } from "node:path";
import { container } from "../../../src/agents/attached/container.ts";
import { ownedAgent } from "../../../src/agents/attached/owned.ts";
import { systemdUnit } from "../../../src/agents/attached/systemd-unit.ts";
import { auditLosses, readAuditListeners } from "../../../src/agents/shared/audit.ts";
import { falcoMetrics } from "../../../src/agents/shared/falco.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { readFingerprint } from "../../../src/host/fingerprint.ts";
import { loadFolder } from "../../../src/host/load-folder.ts";
import { readNodeState } from "../../../src/observe/node-state.ts";
import { AnsweringHost, NEXT_ANSWER } from "../engine/answering-host.ts";
import { refusedLater, type Target } from "../engine/target.ts";
import { YAML_FOUND } from "../engine/yaml-words.ts";

const agents = [...(await loadFolder<Agent>(join(import.meta.dirname, "../../../src/agents"))).values()];

const OWNED = ["auditd", "tetragon", "falco", "osquery"];

const asked: readonly ((host: AnsweringHost) => Promise<unknown>)[] = [
  ...agents.map((agent) => (host: AnsweringHost) => agent.probe(host)),
  ...agents.flatMap(({ unfit }) => (unfit === undefined ? [] : [unfit])),
  ...OWNED.flatMap((name) => {
    const owned = ownedAgent(name);
    return [
      (host: AnsweringHost) => owned?.outputs(host) ?? Promise.resolve(),
      (host: AnsweringHost) => owned?.remains?.(host) ?? Promise.resolve(),
      (host: AnsweringHost) => owned?.notFollowed?.(host) ?? Promise.resolve(),
      (host: AnsweringHost) => owned?.settings?.(host) ?? Promise.resolve(),
      (host: AnsweringHost) => owned?.holdsBack?.(host) ?? Promise.resolve(),
    ];
  }),
  (host) => container("docker", "a").state(host),
  (host) => systemdUnit("a.service").state(host),
  (host) => falcoMetrics(host, "/metrics", ["exec"], 1000),
  auditLosses,
  readAuditListeners,
  readNodeState,
  readFingerprint,
];

const ANSWERS = [
  "1.2.3-4",
  "enabled 1\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 8192\nlost 0\nbacklog 0\nbacklog_wait_time 60000\n",
  "-a always,exit -F arch=b64 -S execve -F key=a\n-w /etc/passwd -p wa -k b c\n",
  '[{"id":7,"type":"kprobe","name":"a"},{"id":8,"type":"lsm","pids":[{"pid":1,"comm":"systemd"}]}]',
  '[{"Id":"a","State":{"Status":"running","Pid":1},"HostConfig":{"LogConfig":{"Type":"json-file"}}}]',
  "log_file = /var/log/audit/audit.log\nwrite_logs = yes\n",
  "export-filename: /a\nfile_output: { enabled: true, filename: /b }\nconfig_files: [/c, { path: /d }]\n",
  "LoadState=loaded\nActiveState=active\nMainPID=7\nControlGroup=/a\nStandardOutput=append:/b\nId=a.service\n",
  '{"output_fields":{"evt.time":1767225600000000000,"scap.n_drops":1,"falco.outputs_queue_num_drops":0}}\n\n',
  '{"options":{"logger_path":"/a","disable_audit":false},"packs":{"b":"/c"},"schedule":{"d":{"query":"select * from process_events","interval":"7"}}}',
  "Usage:\n  -a, --export-filename string\n      --disable_events\n",
  '"have_ringbuf_map_type": true',
  "0::/system.slice/a.service\n4:cpu,cpuacct:/b\n",
];

const target: Target = {
  found: () => [
    YAML_FOUND.join(NEXT_ANSWER).slice(0, 1 << 14),
    "\n".repeat(16_000),
    "1".repeat(16_000),
    "[null]",
    "0-18446744073709551616",
  ],
  seeds: () => [ANSWERS.join(NEXT_ANSWER), ANSWERS.toReversed().join(NEXT_ANSWER), ...ANSWERS],
  words: [
    ...ANSWERS.flatMap((answer) => answer.split(/(?<=[\n,])/)),
    NEXT_ANSWER,
    "null",
    "[null]",
    "[[]]",
    "[{}]",
    "&a [*a]\n",
    "lost ",
    "-F ",
    " -k ",
    "MainPID=",
    "RHEL",
    ".el8",
  ],
  maxBytes: 1 << 14,
  // Each input is put to all of them.
  maxMs: 1000,
  run: async (input) => {
    for (const ask of asked) await refusedLater(() => ask(new AnsweringHost(input)));
  },
};
export default target;
