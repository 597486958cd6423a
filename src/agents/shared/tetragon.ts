/**
 * What the variants of Tetragon have in common. Flags: pkg/option/flags.go of https://github.com/cilium/tetragon; counters:
 * docs/content/en/docs/reference/metrics.md there; what a release holds: install/linux-tarball there.
 */
import type { Agent, AgentContext, AgentSheet, RunningAgent, VendorRelease } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { isChange, known } from "../../domain/units.ts";
import { awaitLogged, awaitStart } from "./await-start.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { removeAfterwards } from "./left-behind.ts";
import { needsBpffs, needsBtf, needsKprobes, needsRoot } from "./obstacle.ts";
import { prefixBytes } from "./path-room.ts";
import { readPolicy } from "./policy.ts";
import {
  BPF_FOLDER,
  bpfLibraryOf,
  type Export,
  exportFlags,
  EXPORTS,
  filterOf,
  METRICS,
  ownFlags,
  socketIn,
  tetragonFlags,
} from "./tetragon-flags.ts";
import { tetragonLosses } from "./tetragon-losses.ts";
import { programPath, probeVendor, type VendorProgram } from "./vendor-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";

const VERSION = "1.7.1";
const DOWNLOADS = `https://github.com/cilium/tetragon/releases/download/v${VERSION}`;

/** The checksums are those of twistco/foldyard's monitor.py; another project pins the same for x86_64. */
const RELEASE: VendorRelease = {
  version: VERSION,
  checksumsFrom: "the release's own `.sha256sum` files",
  files: {
    x86_64: {
      url: `${DOWNLOADS}/tetragon-v${VERSION}-amd64.tar.gz`,
      sha256: "2f36a7bbb2b3d77a011383a01c8f804fe7761d934a76ff2fdf99ebad6f3e89ae",
    },
    aarch64: {
      url: `${DOWNLOADS}/tetragon-v${VERSION}-arm64.tar.gz`,
      sha256: "aa71d12eddd962003e9fd78e3b3534185af5b2728c7d21ab3cb0f7fe2dc87702",
    },
  },
};

/**
 * STRING_PREFIX_MAX_LENGTH (bpf/process/string_maps.h; 128 before it was 256) less one: of a path that is longer the program compares one byte
 * less than that (filter_char_buf_prefix in bpf/process/types/basic.h), so that a longer prefix never matches.
 */
const MAX_PREFIX = 255;

/** The directory as it stands in a regular expression (RE2) in a JSON text. */
const patternOf = (directory: string): string =>
  JSON.stringify(directory.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).slice(1, -1);

export const FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"daddr":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
} as const;

/** The end of a program has its arguments too. */
export const EXEC_LINES = '{"process_exec"';

export const programOf = (id: string, name: "tetragon" | "tetra"): VendorProgram => ({
  id,
  name,
  inside: [`usr/local/bin/${name}`],
});

export const probeTetragon = (id: string, ...more: readonly "tetra"[]): Agent["probe"] =>
  probeVendor(
    [programOf(id, "tetragon"), ...more.map((name) => programOf(id, name))],
    [needsRoot, needsBtf, needsKprobes, needsBpffs],
    // The daemon has no option for it: what it answers --version with is its usage.
    { program: programOf(id, "tetra"), args: ["version"], pattern: /CLI version:\s*v?(\S+)/ },
  );

/** What it is told to report, and which of it is written. */
export interface TetragonPolicies {
  /** One a file, as it reads them. */
  readonly policies: readonly string[];
  /** Of its JSON export. */
  readonly filter: string;
}

/** tare's own. */
export type TetragonPolicy = "everything" | "changes" | "high-value";

export const ownPolicies = async (
  host: Host,
  context: Pick<AgentContext, "families" | "watchedDirectory">,
  policy: TetragonPolicy,
): Promise<TetragonPolicies> => {
  const { families, watchedDirectory } = context;
  // Only one file of each kind names the directory: the policy of opens or of changes, and the filter of execs.
  const isHighValue = policy === "high-value";
  if (!isHighValue && families.some((family) => family === "file" || isChange(family)))
    prefixBytes(context, MAX_PREFIX, "Tetragon");
  const rules = await readPolicy(
    host,
    `tetragon/${policy}.yaml`,
    isHighValue ? {} : { watchedDirectory },
    families,
  );
  // A policy that hooks nothing is refused.
  const hooks = /^ {4}- call:/m.test(rules);
  const filter = await readPolicy(
    host,
    `tetragon/${policy}.export.jsonl`,
    isHighValue ? { watchedPattern: patternOf(watchedDirectory) } : {},
    families,
  );
  return { policies: hooks ? [rules] : [], filter };
};

export const policyFile = (index: number): string =>
  `policies/${index === 0 ? "tare" : `tare-${index + 1}`}.yaml`;

export const startTetragon = async (
  host: Host,
  context: AgentContext,
  id: string,
  policy: TetragonPolicy | TetragonPolicies,
  exported: Export,
) => {
  const { directory } = context;
  const program = await programPath(host, programOf(id, "tetragon"));
  const events = `${directory}/events.jsonl`;
  const log = `${directory}/tetragon.log`;
  const socket = socketIn(directory);
  const { policies, filter } = typeof policy === "string" ? await ownPolicies(host, context, policy) : policy;
  await host.makeDirectory(`${directory}/policies`);
  for (const [index, text] of policies.entries())
    await host.writeText(`${directory}/${policyFile(index)}`, text);
  await removeAfterwards(host, context, "tetragon", [`/sys/fs/bpf/${BPF_FOLDER}`, "/run/tetragon"]);
  const needed = [
    ...bpfLibraryOf(program),
    ...ownFlags(directory),
    ...exportFlags(exported, events, filter.trim()),
  ];
  const args = await tetragonFlags(host, program, needed, context.buffers);
  const process = await context.launch(
    // It would read a tetragon.yaml in the folder that it is started in.
    { command: program, args, cwd: directory, stdout: log, stderr: log },
    { signals: ["SIGTERM", "SIGINT"], graceMs: 10_000 },
  );
  return {
    process,
    events,
    socket,
    log,
    settings: {
      command: ["tetragon", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.length > 0 ? policies.join("\n---\n") : "none: execs are reported without one",
      ringBuffer:
        context.buffers === "smallest"
          ? "4096 bytes a CPU"
          : "65535 bytes for each possible CPU (default), rounded up",
      output: EXPORTS[exported],
      ownersSettings:
        "those in /etc/tetragon and in the package's folders hold for whatever the command does not name",
      filter: filterOf(exported, filter.trim()),
    },
    lost: () => tetragonLosses((url) => host.httpGet(url), METRICS),
  };
};

/** What it says once its policies are loaded. */
const LISTENING = /Listening for events/;

/** @throws TareError `run-failed` with what it said, when Tetragon ends or takes too long: one of its policies may be one that it refuses. */
export const waitForPolicies = async (
  host: Host,
  context: AgentContext,
  { process, log }: Pick<Awaited<ReturnType<typeof startTetragon>>, "process" | "log">,
): Promise<void> => {
  await awaitLogged(host, context, LISTENING, {
    process,
    who: "tetragon",
    lacking: "did not begin to listen for events",
    log,
    every: 100,
    atMost: 45_000,
  });
};

/** @throws TareError `run-failed` when Tetragon ends, or opens no socket in time. */
export const waitForSocket = async (
  host: Host,
  context: AgentContext,
  started: Awaited<ReturnType<typeof startTetragon>>,
): Promise<void> => {
  await awaitStart(host, context, {
    process: started.process,
    who: "tetragon",
    lacking: "opened no socket",
    log: started.log,
    every: 100,
    atMost: 30_000,
    check: async () => known(await host.fileSize(started.socket)),
  });
};

export const SHEET = {
  homepage: "https://tetragon.io",
  overload: "drops",
  // Where kinds are not told apart, an exec's process adds its clone and its exit.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 3], "high-value": [1, 3] } },
  release: RELEASE,
  units: ["tetragon.service"],
  telling: {
    deeds: {
      exec: /"process_exec":/,
      open: /"function_name":"fd_install"/,
      connect: /"function_name":"tcp_connect"/,
      write: /"function_name":"security_file_permission"/,
      rename: /"function_name":"security_path_rename"/,
      delete: /"function_name":"security_path_unlink"/,
      identity: /"function_name":"\w*sys_set(?:re|res)?uid"/,
      bpf: /"function_name":"\w*sys_bpf"/,
      namespace: /"function_name":"\w*sys_setns"/,
    },
    pid: /"pid":(\d+)/,
  },
} as const satisfies Partial<Agent>;

const runningOf = ({
  process,
  events,
  log,
  settings,
  lost,
}: Awaited<ReturnType<typeof startTetragon>>): RunningAgent => ({
  processes: [process],
  outputs: [{ path: events, forms: FORMS }],
  logs: [log],
  settings,
  lost,
});

export const exporting = (
  id: string,
  policy: TetragonPolicy,
): Pick<AgentSheet, "id" | "probe" | "start"> => ({
  id,
  probe: probeTetragon(id),
  start: async (host, context) => runningOf(await startTetragon(host, context, id, policy, "everything")),
});

/**
 * Of a team's policies; execs, which it reports without any, are written for none of them. What they do not name shows no sentinel, so that
 * Tetragon is asked when they are loaded: before that, nothing would show.
 */
export const tetragonSheet = (policies: TetragonPolicies) => ({
  ...SHEET,
  probe: probeTetragon("tetragon@policy"),
  showsWithinMs: 1500,
  start: async (host: Host, context: AgentContext): Promise<RunningAgent> => {
    const started = await startTetragon(host, context, "tetragon@policy", policies, "everything");
    await waitForPolicies(host, context, started);
    return runningOf(started);
  },
});
