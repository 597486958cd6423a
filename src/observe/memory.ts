/** The agent's memory: what its processes share fairly (PSS), the peak of its cgroup, and its BPF maps, which no process is charged for. */
import type { Host } from "../domain/host.ts";
import type { MemoryReading } from "../domain/record.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import type { AgentCgroup } from "./cgroup.ts";

export const parsePss = (text: string): number | undefined => {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
};

export const parseMapInfo = (text: string): { readonly id: number; readonly bytes: number } | undefined => {
  const id = /^map_id:\s+(\d+)$/m.exec(text)?.[1];
  const bytes = /^memlock:\s+(\d+)$/m.exec(text)?.[1];
  return id === undefined || bytes === undefined ? undefined : { id: Number(id), bytes: Number(bytes) };
};

export const readMemory = async (
  host: Host,
  cgroup: AgentCgroup,
  pids: readonly number[],
): Promise<MemoryReading> => ({
  pssBytes: await readPss(host, pids),
  peakBytes: await readPeak(host, cgroup),
  bpfMapBytes: await readMaps(host, pids),
  bpfMapMappedBytes: missing("not read yet"),
});

const readPss = async (host: Host, pids: readonly number[]): Promise<Reading<number>> => {
  if (pids.length === 0) return missing("no agent process");
  let sum = 0;
  for (const pid of pids) {
    const text = await host.readText(`/proc/${pid}/smaps_rollup`);
    if (text.kind === "missing") return text;
    const pss = parsePss(text.value);
    if (pss === undefined) return missing(`/proc/${pid}/smaps_rollup has no Pss line`);
    sum += pss;
  }
  return value(sum);
};

const readPeak = async (host: Host, cgroup: AgentCgroup): Promise<Reading<number>> => {
  if (cgroup.peakFile === undefined) return missing("no memory cgroup with a peak counter");
  const text = await host.readText(cgroup.peakFile);
  if (text.kind === "missing") return text;
  const bytes = Number(text.value.trim());
  return Number.isFinite(bytes) ? value(bytes) : missing(`${cgroup.peakFile}: unexpected content`);
};

const readMaps = async (host: Host, pids: readonly number[]): Promise<Reading<number>> => {
  if (pids.length === 0) return missing("no agent process");
  const maps = new Map<number, number>();
  for (const pid of pids) {
    for (const fd of await host.list(`/proc/${pid}/fdinfo`)) {
      const map = parseMapInfo(known(await host.readText(`/proc/${pid}/fdinfo/${fd}`)) ?? "");
      if (map !== undefined) maps.set(map.id, map.bytes);
    }
  }
  return value([...maps.values()].reduce((sum, bytes) => sum + bytes, 0));
};
