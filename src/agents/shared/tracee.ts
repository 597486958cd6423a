/** Tracee, whichever policies it follows: its flags by its own help, its output and its counters. */
import {
  type Agent,
  type AgentContext,
  type AgentOutput,
  type GuestContext,
  type GuestStart,
  type RunningAgent,
  type VendorRelease,
} from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known, type Reading } from "../../domain/units.ts";
import { awaitStart } from "./await-start.ts";
import { shellLine, shellWord } from "./guest-shell.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { launch } from "./launch.ts";
import { removeAfterwards } from "./left-behind.ts";
import { needsBtf, needsKernel, needsKprobes, needsRoot } from "./obstacle.ts";
import { nudgeEachCpu } from "./perf-loss.ts";
import { readPolicy } from "./policy.ts";
import { pageFrom, pageInGuest, sumOfCounters } from "./prometheus.ts";
import { programPath, probeVendor, releaseToBring } from "./vendor-program.ts";
import { EACH_EVENT } from "./loss-counters.ts";

export const TRACEE = "tracee";
const VERSION = "0.24.1";
const DOWNLOADS = `https://github.com/aquasecurity/tracee/releases/download/v${VERSION}`;

const RELEASE: VendorRelease = {
  version: VERSION,
  // Its checksum of Tetragon's release is the vendor's own.
  checksumsFrom: "another project's pin (the bake-off of sensors in Maho)",
  files: {
    x86_64: {
      url: `${DOWNLOADS}/tracee-x86_64.v${VERSION}.tar.gz`,
      sha256: "8cc56bd8c8dd3efadb0441c84849592affc48a71d3afbe7751a9e2014ef9ec85",
    },
    aarch64: { url: `${DOWNLOADS}/tracee-aarch64.v${VERSION}.tar.gz`, sha256: null },
  },
};

/** The static build needs none of the machine's libraries. */
const PROGRAM = { id: TRACEE, name: "tracee", inside: ["dist/tracee-static", "dist/tracee"] };

const ADDRESS = "127.0.0.1:43366";
/** Pages of the perf buffer of each CPU: the default, and the least. */
const BUFFER_PAGES = { usual: "1024", smallest: "1" } as const;

export const TRACEE_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"sin_addr":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
};

const flagsFor = (
  help: string,
  context: Pick<AgentContext, "buffers" | "directory">,
  events: string,
): readonly string[] => {
  const pages = BUFFER_PAGES[context.buffers];
  const reworked = help.includes("--buffers");
  const server = help.includes("--server")
    ? ["--server", `http-address=${ADDRESS}`, "--server", "metrics", "--server", "healthz"]
    : ["--http-listen-addr", ADDRESS, "--metrics", "--healthz"];
  const output = reworked
    ? ["type=file", "format=json", `path=${events}`].flatMap((field) => [
        "--output",
        `destinations.tare.${field}`,
      ])
    : ["--output", `json:${events}`];
  const buffers = reworked ? ["--buffers", `kernel.events=${pages}`] : ["--perf-buffer-size", pages];
  const workFolder = help.includes("--install-path")
    ? ["--install-path", `${context.directory}/work`]
    : help.includes("--runtime")
      ? ["--runtime", `workdir=${context.directory}/work`]
      : [];
  return [...output, ...buffers, ...server, ...workFolder];
};

const LOST = ["lostevents_total", "write_lostevents_total", "network_capture_lostevents_total"];

/** It reads perf buffers (pkg/ebpf/tracee.go), whose losses the kernel tells with the next event on the same CPU. */
const lostBy = async (host: Host): Promise<Reading<number>> => {
  await nudgeEachCpu(host);
  return lostIn(await host.httpGet(`http://${ADDRESS}/metrics`));
};

const lostIn = (page: Reading<string>): Reading<number> => {
  // The second from 0.25 on.
  const prefix = /^tracee_lostevents/m.test(known(page) ?? "") ? "tracee_" : "tracee_ebpf_";
  return sumOfCounters(page, { always: LOST.map((name) => prefix + name), whenCounted: [] });
};

const helpOf = async (host: Host, program: string): Promise<string> => {
  const { stdout, stderr } = await host.run(program, ["--help"]);
  return stdout + stderr;
};

export const startOwn = async (
  host: Host,
  context: AgentContext,
  policyName: "everything" | "changes" | "high-value",
): Promise<RunningAgent> => {
  const { families, watchedDirectory } = context;
  const policy = await readPolicy(host, `tracee/${policyName}.yaml`, { watchedDirectory }, families);
  return await start(host, context, [policy]);
};

/** Without a policy it watches its default events: its signatures, and what they are made of. */
export const startAsShipped = async (host: Host, context: AgentContext): Promise<RunningAgent> =>
  await startAttached(host, context, []);

/** For policies that may show no sentinel, or none of a family: it serves its counters once it is attached (pkg/cmd/tracee.go). */
const startAttached = async (
  host: Host,
  context: AgentContext,
  policies: readonly string[],
): Promise<RunningAgent> => {
  const running = await start(host, context, policies);
  const [process] = running.processes;
  if (process !== undefined)
    await awaitStart(host, context, {
      process,
      who: "tracee",
      lacking: "did not serve its counters",
      log: running.logs[0] ?? "",
      every: 200,
      atMost: 60_000,
      check: async () => known(lostIn(await host.httpGet(`http://${ADDRESS}/metrics`))),
    });
  return running;
};

const start = async (
  host: Host,
  context: AgentContext,
  policies: readonly string[],
): Promise<RunningAgent> => {
  const { directory } = context;
  const program = await programPath(host, PROGRAM);
  const events = `${directory}/events.jsonl`;
  const files = policies.map((_, index) => `${directory}/policy${index === 0 ? "" : `-${index + 1}`}.yaml`);
  for (const [index, file] of files.entries()) await host.writeText(file, policies[index] ?? "");
  await host.makeDirectory(`${directory}/work`);
  await removeAfterwards(host, context, TRACEE, ["/tmp/tracee"]);
  const flags = flagsFor(await helpOf(host, program), context, events);
  const args = [...files.flatMap((file) => ["--policy", file]), ...flags];
  const spec = { command: program, args };
  const { process, stdout, stderr } = await launch(context, TRACEE, spec, 10_000, ["SIGINT", "SIGTERM"]);
  return {
    processes: [process],
    outputs: [{ path: events, forms: TRACEE_FORMS }],
    logs: [stderr, stdout],
    settings: {
      command: ["tracee", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.length === 0 ? "none: its default events" : policies.join("\n---\n"),
      perfBuffer: `${BUFFER_PAGES[context.buffers]} pages a CPU (a page is 4, 16 or 64 KiB)`,
    },
    lost: () => lostBy(host),
  };
};

const IN_GUEST = "/opt/tracee/tracee";

/** A build for the machine's own architecture tells its flags; of another one it is the pinned release that is asked for. */
const traceeInGuest = async (
  host: Host,
  { directory, arch }: GuestContext,
  policies: readonly string[],
): Promise<GuestStart> => {
  const { path, version } = await releaseToBring(host, PROGRAM, arch);
  const help = arch === host.arch ? await helpOf(host, path) : "--install-path";
  const own = { directory, buffers: "usual" } as const;
  const names = policies.map((_, index) => `policy${index === 0 ? "" : `-${index + 1}`}.yaml`);
  const args = [
    ...names.flatMap((name) => ["--policy", `${directory}/${name}`]),
    ...flagsFor(help, own, `${directory}/events.jsonl`),
  ];
  return {
    programs: [],
    brought: { [IN_GUEST]: path },
    files: Object.fromEntries(names.map((name, index) => [name, policies[index] ?? ""])),
    version: `echo ${shellWord(version)}`,
    // It asks for the distribution's name, and for traces where they used to be.
    before: `mkdir -p work\necho 'ID=debian' >/etc/os-release\nmount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || true`,
    exec: `exec ${IN_GUEST} ${shellLine(args)}`,
    ready: `wget -q -O - http://${ADDRESS}/healthz | grep -q OK`,
    after: "rest 5",
    outputs: [{ path: "events.jsonl", forms: TRACEE_FORMS }],
    lost: { ask: pageInGuest(ADDRESS), read: (line) => lostIn(pageFrom(line)) },
    settings: {
      command: ["tracee", ...args].join(" ").replaceAll(directory, "DIRECTORY"),
      policy: policies.join("\n---\n"),
      perfBuffer: `${BUFFER_PAGES.usual} pages a CPU`,
    },
    memoryMegabytes: 3072,
  };
};

export const traceeOwnInGuest = async (host: Host, context: GuestContext): Promise<GuestStart> => {
  const { families, watchedDirectory } = context;
  return await traceeInGuest(host, context, [
    await readPolicy(host, "tracee/everything.yaml", { watchedDirectory }, families),
  ]);
};

export const TRACEE_SHEET = {
  homepage: "https://aquasecurity.github.io/tracee/",
  overload: "drops",
  // It follows every process itself: an exec's adds its fork and its exit.
  lossCounter: { ...EACH_EVENT, perEvent: { exec: [1, 3], "high-value": [1, 3] } },
  release: RELEASE,
  telling: {
    deeds: {
      exec: /"eventName":"sched_process_exec"/,
      open: /"eventName":"security_file_open"/,
      connect: /"eventName":"security_socket_connect"/,
      write: /"eventName":"vfs_write"/,
      rename: /"eventName":"security_inode_rename"/,
      delete: /"eventName":"security_inode_unlink"/,
      identity: /"eventName":"set(?:re|res)?uid"/,
      bpf: /"eventName":"bpf"/,
      namespace: /"eventName":"setns"/,
    },
    pid: /"hostProcessId":(\d+)/,
  },
  probe: probeVendor(
    [PROGRAM],
    [needsRoot, needsBtf, needsKernel(5, 4, "the oldest that it supports"), needsKprobes],
    { args: ["version"], pattern: /version:?\s+"?v?(\d[^\s"]*)/i },
  ),
} as const satisfies Partial<Agent>;

/** Of a team's policies. */
export const traceeSheet = (policies: readonly string[]) => ({
  ...TRACEE_SHEET,
  showsWithinMs: 1500,
  start: (host: Host, context: AgentContext) => startAttached(host, context, policies),
  inGuest: (host: Host, context: GuestContext) => traceeInGuest(host, context, policies),
});
