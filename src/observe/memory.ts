/**
 * The agent's memory: what its processes share fairly (PSS), the peak of its cgroup, and its BPF maps. No process is charged for a map, but what
 * it has mapped of one, as it does of a ring buffer, is in its PSS.
 */
import { messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import type { MemoryReading } from "../domain/trial-outcome.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import type { AgentCgroup } from "./cgroup.ts";

export const parsePss = (text: string): number | undefined => {
  const kib = /^Pss:\s+(\d{1,20}) kB$/m.exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
};

export const parseMapInfo = (text: string): { readonly id: number; readonly bytes: number } | undefined => {
  const id = /^map_id:\s+(\d+)$/m.exec(text)?.[1];
  const bytes = /^memlock:\s+(\d{1,20})$/m.exec(text)?.[1];
  return id === undefined || bytes === undefined ? undefined : { id: Number(id), bytes: Number(bytes) };
};

/** PSS of the mappings of BPF maps in /proc/PID/smaps, each of which begins with a line of addresses. Undefined where one tells none. */
export const parseMappedMaps = (smaps: string): number | undefined => {
  const shares = smaps
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((mapping) => /^.*anon_inode:bpf-map$/m.test(mapping))
    .map(parsePss);
  const told = shares.filter((share) => share !== undefined);
  return told.length === shares.length ? told.reduce((sum, share) => sum + share, 0) : undefined;
};

export const readMemory = async (
  host: Host,
  peak: PeakWatch,
  pids: readonly number[],
): Promise<MemoryReading> => {
  const bpfMapBytes = await readMaps(host, pids);
  return {
    pssBytes: await readPss(host, pids),
    peakBytes: await peak.read(),
    bpfMapBytes,
    bpfMapMappedBytes: known(bpfMapBytes) === 0 ? bpfMapBytes : await readMappedMaps(host, pids),
  };
};

/** A reason is told once, not once for each of the processes that an agent is started as. */
const withoutPid = (reason: string, pid: number): Reading<number> =>
  missing(reason.replaceAll(`/proc/${pid}/`, "/proc/PID/"));

const readPss = async (host: Host, pids: readonly number[]): Promise<Reading<number>> => {
  if (pids.length === 0) return missing("no agent process");
  let sum = 0;
  for (const pid of pids) {
    const text = await host.readText(`/proc/${pid}/smaps_rollup`);
    if (text.kind === "missing") return withoutPid(text.reason, pid);
    const pss = parsePss(text.value);
    if (pss === undefined) return missing("/proc/PID/smaps_rollup has no Pss line");
    sum += pss;
  }
  return value(sum);
};

const readMappedMaps = async (host: Host, pids: readonly number[]): Promise<Reading<number>> => {
  if (pids.length === 0) return missing("no agent process");
  let sum = 0;
  for (const pid of pids) {
    const text = await host.readText(`/proc/${pid}/smaps`);
    if (text.kind === "missing") return withoutPid(text.reason, pid);
    const mapped = parseMappedMaps(text.value);
    if (mapped === undefined) return missing("/proc/PID/smaps has a BPF map without a Pss line");
    sum += mapped;
  }
  return value(sum);
};

/** The most that the agent's cgroup was charged for since the watch began. */
export interface PeakWatch {
  readonly read: () => Promise<Reading<number>>;
  readonly close: () => Promise<void>;
}

const NO_PEAK = missing("no memory cgroup with a peak counter");

export const NO_PEAK_WATCH: PeakWatch = {
  read: () => Promise.resolve(NO_PEAK),
  close: () => Promise.resolve(),
};

/**
 * Sets the peak back. Version 2 does so since Linux 6.12, and only for the descriptor that asked (Documentation/admin-guide/cgroup-v2.rst).
 * Where it cannot be set back, it belongs to this trial only if it rose in it.
 */
export const watchPeak = async (host: Host, { peakFile }: AgentCgroup): Promise<PeakWatch> => {
  if (peakFile === undefined) return NO_PEAK_WATCH;
  const counter = await host.openKept(peakFile, "write");
  if (counter.kind === "value" && (await counter.value.write("0"))) {
    const file = counter.value;
    return { read: async () => peakIn(peakFile, await file.text()), close: () => file.close() };
  }
  if (counter.kind === "value") await counter.value.close();
  const obstacle =
    counter.kind === "missing" && READ_ONLY.test(counter.reason)
      ? "control groups are mounted read-only here, so that the peak is not set back"
      : "this kernel does not set the peak back (6.12 does)";
  const before = peakIn(peakFile, await host.readText(peakFile));
  return {
    read: async () => {
      const after = peakIn(peakFile, await host.readText(peakFile));
      if (before.kind === "missing" || after.kind === "missing") return after;
      return after.value > before.value ? after : missing(`${obstacle}, and it did not rise in the trial`);
    },
    close: () => Promise.resolve(),
  };
};

/** As in a pod, whatever its kernel can do. */
const READ_ONLY = /EROFS/;

const peakIn = (path: string, text: Reading<string>): Reading<number> => {
  if (text.kind === "missing") return text;
  return /^\d{1,20}\s*$/.test(text.value)
    ? value(Number(text.value))
    : missing(`${path}: unexpected content`);
};

interface ListedMap {
  readonly id: number;
  readonly type?: string;
  readonly bytes_memlock?: number;
}

const listed = async <T>(host: Host, ...args: readonly string[]): Promise<Reading<readonly T[]>> => {
  const { exitCode, stdout, stderr } = await host.run("bpftool", ["-j", ...args]);
  const what = `bpftool ${args.join(" ")}`;
  if (exitCode !== 0) return missing(`${what}: ${`${stderr}${stdout}`.trim() || "it failed"}`);
  try {
    const list: unknown = JSON.parse(stdout);
    return Array.isArray(list) ? value(list as readonly T[]) : missing(`${what}: not a list`);
  } catch (error) {
    return missing(`${what}: ${messageOf(error)}`);
  }
};

interface ListedEntry {
  /** Bytes as hexadecimal texts: of a map in a map its number, in the machine's order. */
  readonly value?: readonly string[];
}

/** Maps of maps hold others that no process has open: Falco's ring buffers are such. */
const innerOf = async (host: Host, id: number): Promise<Reading<readonly number[]>> => {
  const entries = await listed<ListedEntry>(host, "map", "dump", "id", `${id}`);
  if (entries.kind === "missing") return entries;
  return value(
    entries.value.flatMap(({ value: bytes = [] }) =>
      bytes.length === 4 ? [bytes.reduceRight((number, byte) => number * 256 + Number(byte), 0)] : [],
    ),
  );
};

/** What the programs use, open or not. */
const mapsOfPrograms = async (
  host: Host,
  programs: ReadonlySet<number>,
  open: readonly number[],
): Promise<Reading<ReadonlyMap<number, number>>> => {
  if ((await host.which("bpftool")) === undefined) return missing("bpftool is not installed");
  const shown = await listed<{ readonly id: number; readonly map_ids?: readonly number[] }>(
    host,
    "prog",
    "show",
  );
  if (shown.kind === "missing") return shown;
  const maps = await listed<ListedMap>(host, "map", "show");
  if (maps.kind === "missing") return maps;
  const used = new Set([
    ...open,
    ...shown.value.flatMap(({ id, map_ids: ids = [] }) => (programs.has(id) ? ids : [])),
  ]);
  for (const { id, type = "" } of maps.value) {
    if (!used.has(id) || !type.endsWith("_of_maps")) continue;
    const inner = await innerOf(host, id);
    if (inner.kind === "missing") return inner;
    for (const one of inner.value) used.add(one);
  }
  return value(
    new Map(
      maps.value.flatMap(({ id, bytes_memlock: bytes }) =>
        used.has(id) && bytes !== undefined ? [[id, bytes]] : [],
      ),
    ),
  );
};

/** As /proc/PID/fdinfo shows `map_type` of arrays and hashes of maps (enum bpf_map_type in the kernel's uapi/linux/bpf.h). */
const OF_MAPS = /^map_type:\s+(?:12|13)$/m;

const readMaps = async (host: Host, pids: readonly number[]): Promise<Reading<number>> => {
  if (pids.length === 0) return missing("no agent process");
  const maps = new Map<number, number>();
  const programs = new Set<number>();
  let holdsOthers = false;
  for (const pid of pids) {
    const fds = await host.list(`/proc/${pid}/fdinfo`);
    const texts = await Promise.all(fds.map((fd) => host.readText(`/proc/${pid}/fdinfo/${fd}`)));
    for (const text of texts) {
      const info = known(text) ?? "";
      const map = parseMapInfo(info);
      if (map !== undefined) maps.set(map.id, map.bytes);
      const program = /^prog_id:\s+(\d+)$/m.exec(info)?.[1];
      if (program !== undefined) programs.add(Number(program));
      holdsOthers ||= OF_MAPS.test(info);
    }
  }
  if (programs.size > 0 || holdsOthers) {
    const others = await mapsOfPrograms(host, programs, [...maps.keys()]);
    if (others.kind === "missing")
      return missing(`maps that no process holds open are not known: ${others.reason}`);
    for (const [id, bytes] of others.value) maps.set(id, bytes);
  }
  return value([...maps.values()].reduce((sum, bytes) => sum + bytes, 0));
};
