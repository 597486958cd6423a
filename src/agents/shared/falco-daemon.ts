/** The daemon, whichever rules it follows: with tare's configuration, its rules as files, and its counters. */
import {
  type AgentContext,
  type AgentSheet,
  type GuestContext,
  type GuestStart,
  type LossCounter,
  type RunningAgent,
  type VendorRelease,
} from "../../domain/agent.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import type { Telling } from "../../domain/telling.ts";
import type { Family } from "../../domain/units.ts";
import { awaitStart } from "./await-start.ts";
import {
  FALCO_FORMS,
  FALCO_SERVER,
  falcoPage,
  falcoWatches,
  lostInGuest,
  WATCHES_IN_GUEST,
} from "./falco.ts";
import { shellLine, shellWord } from "./guest-shell.ts";
import { launch } from "./launch.ts";
import { needsBtf, needsKernel, needsRoot, needsUnlimitedMemlock } from "./obstacle.ts";
import { readPolicy } from "./policy.ts";
import { programPath, probeVendor, releaseToBring } from "./vendor-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";

const VERSION = "0.44.1";

const RELEASE: VendorRelease = {
  version: VERSION,
  checksumsFrom: "the Arch User Repository (`falco-module-dkms` 0.44.1-1)",
  files: {
    x86_64: {
      url: `https://download.falco.org/packages/bin/x86_64/falco-${VERSION}-x86_64.tar.gz`,
      sha256: "bc5b7a3bdf26fc91e520fc20b3461613c6e725148437121697a8d20243132127",
    },
    aarch64: {
      url: `https://download.falco.org/packages/bin/aarch64/falco-${VERSION}-aarch64.tar.gz`,
      sha256: null,
    },
  },
};

/** The least buffer, 1 MiB; the configuration has Falco's default. */
const SMALLEST = ["-o", "engine.modern_ebpf.buf_size_preset=1"];
const REPAIR = ["-o", "base_syscalls.repair=true"];

export const FALCO_BINARY = "usr/bin/falco";

export const programOf = (id: string) => ({ id, name: "falco", inside: [FALCO_BINARY] });

/** What it is told to report. */
export interface FalcoRules {
  /** The texts of its rules files, in the order in which they are read. */
  readonly files: readonly string[];
  /** What its configuration has beside tare's. */
  readonly configuration?: string;
  /** Whether its losses can be told by the families' own kinds of events, or are those of every kind. */
  readonly losses: string;
  readonly families: readonly Family[];
  /** Nothing of them comes out: no rule concerns a workload, or there is no output. */
  readonly isSilent?: true;
  /** Which workloads they concern is not known, so that no sentinel need show that it is attached. */
  readonly areOwners?: true;
  /** Whether it traces beside what its rules name only what its state needs for these, and not all that any rule may need. */
  readonly repairs?: true;
  /** Further options. */
  readonly options?: readonly string[];
}

const ANY_KIND =
  "drops of every kind of event, those that its own state needs among them: it may declare more than it lost";

/** tare's own. */
export type FalcoPolicy = "everything" | "changes" | "high-value";

export const ownRules = async (
  host: Host,
  { families, watchedDirectory }: Pick<AgentContext, "families" | "watchedDirectory">,
  policy: FalcoPolicy,
): Promise<FalcoRules> => ({
  files: [await readPolicy(host, `falco/${policy}.yaml`, { watchedDirectory }, families)],
  losses:
    policy === "high-value"
      ? ANY_KIND
      : "drops of the families' own kinds of events, where this version counts them by kind",
  families,
});

/** The configuration names the first; the others come on the command line, which then has to name all. */
const rulesFlags = (directory: string, count: number): readonly string[] =>
  count === 1
    ? []
    : Array.from({ length: count }, (_, index) => ["-r", `${directory}/${rulesFile(index)}`]).flat();

const rulesFile = (index: number): string => (index === 0 ? "rules.yaml" : `rules-${index + 1}.yaml`);

/** @throws TareError `run-failed` when it ends before that or takes too long */
export const awaitAttached = async (
  host: Host,
  context: AgentContext,
  process: HostProcess,
  log: string,
): Promise<void> => {
  await awaitStart(host, context, {
    process,
    who: "falco",
    lacking: "counted no event",
    log,
    every: 200,
    atMost: 90_000,
    check: async () => ((await falcoWatches(host)) ? true : undefined),
  });
};

export const startFalco = async (
  host: Host,
  context: AgentContext,
  id: string,
  rules: FalcoRules,
): Promise<RunningAgent> => {
  const { directory } = context;
  const args = [
    "-c",
    `${directory}/falco.yaml`,
    ...rulesFlags(directory, rules.files.length),
    ...(context.buffers === "smallest" ? SMALLEST : []),
    ...(rules.repairs === true ? REPAIR : []),
    ...(rules.options ?? []),
  ];
  const base = await readPolicy(host, "falco/falco.yaml", { directory }, context.families);
  const configuration = base + (rules.configuration ?? "");
  for (const [index, text] of rules.files.entries())
    await host.writeText(`${directory}/${rulesFile(index)}`, text, 0o600);
  await host.writeText(`${directory}/falco.yaml`, configuration, 0o600);
  const events = `${directory}/events.jsonl`;
  // It appends to it.
  await host.writeText(events, "");
  const spec = { command: await programPath(host, programOf(id)), args };
  const { process, stdout, stderr } = await launch(context, "falco", spec, 8000, ["SIGTERM", "SIGINT"]);
  // No sentinel can show that it is attached.
  if (rules.isSilent === true || rules.areOwners === true)
    await awaitAttached(host, context, process, stderr);
  return {
    processes: [process],
    outputs: rules.isSilent === true ? [] : [{ path: events, forms: FALCO_FORMS }],
    logs: [stderr, stdout],
    settings: {
      command: ["falco", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      rules: rules.files.join("\n"),
      configuration: configuration.replaceAll(directory, "DIRECTORY"),
      buffer: `${context.buffers === "smallest" ? "1 MiB" : "8 MiB (default)"}, one buffer for two CPUs`,
      losses: rules.losses,
      systemCalls:
        rules.repairs === true
          ? "those that the rules name, and the fewest that its own state needs for them (base_syscalls.repair: 26 traced for 7 that are named in 0.44.1)"
          : "those that the rules name and those that its own state needs (default: 65 traced for 7 that are named in 0.44.1; base_syscalls.repair would trace 26)",
      keepAlive:
        "file_output.keep_alive is true; shipped it is false, and opens the file anew for each event",
      plugins: "none; the vendor's own rules need its container plugin",
    },
    lost: () => falcoPage((url) => host.httpGet(url), FALCO_SERVER, rules.families),
  };
};

const FALCO = "/opt/falco";

/** The vendor's build, with nothing of the vendor's configuration. */
export const falcoInGuest = async (
  host: Host,
  { directory, families, arch }: GuestContext,
  id: string,
  rules: FalcoRules,
): Promise<GuestStart> => {
  const { path, version } = await releaseToBring(host, programOf(id), arch);
  const args = ["-c", `${directory}/falco.yaml`, ...rulesFlags(directory, rules.files.length)];
  const configuration =
    (await readPolicy(host, "falco/falco.yaml", { directory }, families)) + (rules.configuration ?? "");
  return {
    programs: [],
    brought: { [`${FALCO}/falco`]: path },
    files: {
      "falco.yaml": configuration,
      ...Object.fromEntries(rules.files.map((text, index) => [rulesFile(index), text])),
    },
    version: `echo ${shellWord(version)}`,
    before: "ulimit -l unlimited\n: >events.jsonl",
    exec: `exec ${FALCO}/falco ${shellLine(args)}`,
    ready: WATCHES_IN_GUEST,
    outputs: [{ path: "events.jsonl", forms: FALCO_FORMS }],
    lost: lostInGuest(rules.families),
    settings: {
      command: ["falco", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      rules: rules.files.join("\n"),
      configuration: configuration.replaceAll(directory, "DIRECTORY"),
      buffer: "8 MiB (default), one buffer for two CPUs",
    },
    memoryMegabytes: 3072,
  };
};

/** By the rules' names. */
const TELLING: Telling = {
  deeds: {
    exec: /"rule":"(?:exec|sudo|temporary exec|deleted binary)"/,
    open: /"rule":"open"/,
    connect: /"rule":"connect"/,
    identity: /"rule":"privilege change"/,
    bpf: /"rule":"bpf"/,
    namespace: /"rule":"container shell"/,
    write: /"rule":"write"/,
    rename: /"rule":"rename"/,
    delete: /"rule":"delete"/,
  },
  pid: /"proc\.pid":(\d+)/,
};

/** Whichever rules it follows. */
export const falcoDaemon = (id: string) =>
  ({
    homepage: "https://falco.org",
    overload: "drops",
    // Of the families' own events where they are counted by kind. What is not includes those that its own state needs: of an exec's process its clone,
    // entry, exit, opens and closes.
    lossCounter: {
      ...EACH_EVENT,
      perEvent: { "high-value": [1, 20] },
    },
    release: RELEASE,
    units: ["falco-modern-bpf.service", "falcoctl-artifact-follow.service"],
    telling: TELLING,
    probe: probeVendor(
      [programOf(id)],
      [
        needsRoot,
        needsUnlimitedMemlock,
        needsBtf,
        needsKernel(5, 8, "whose BPF ring buffer its modern probe reads", "ringbuf"),
      ],
      { args: ["--version"], pattern: /Falco version:\s*v?(\S+)/ },
    ),
  }) as const satisfies Partial<AgentSheet>;

/** Drops of any kind may be of any event that rules other than tare's ask for. */
export const ANY_KIND_COUNTER: LossCounter = {
  ...EACH_EVENT,
  perEvent: {
    exec: [1, 20],
    file: [1, 20],
    network: [1, 20],
    write: [1, 20],
    rename: [1, 20],
    delete: [1, 20],
    "high-value": [1, 20],
  },
};

export const falcoSheet = (rules: Pick<FalcoRules, "files" | "configuration">) => ({
  ...falcoDaemon("falco@policy"),
  lossCounter: ANY_KIND_COUNTER,
  showsWithinMs: 1500,
  start: (host: Host, context: AgentContext) =>
    startFalco(host, context, "falco@policy", {
      ...rules,
      areOwners: true,
      losses: ANY_KIND,
      families: ["high-value"],
    }),
  inGuest: (host: Host, context: GuestContext) =>
    falcoInGuest(host, context, "falco@policy", { ...rules, losses: ANY_KIND, families: ["high-value"] }),
});
