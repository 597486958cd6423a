/**
 * What this machine is, for the record. systeminformation starts many processes, so this is read once, before
 * anything is measured, and never again.
 */
import { createHash } from "node:crypto";
import si from "systeminformation";
import type { Host } from "../domain/host.ts";
import { nodeFlags } from "../domain/node-flags.ts";
import type { HostFingerprint } from "../domain/run-header.ts";
import { readSeccomp } from "../domain/seccomp.ts";
import { known, missing, type Reading, value } from "../domain/units.ts";
import { GUEST_OF, detectEmulation } from "./emulation.ts";

export const readFingerprint = async (host: Host): Promise<HostFingerprint> => {
  const [cpu, os, memory, virtualisation, pageSize, emulation] = await Promise.all([
    si.cpu(),
    si.osInfo(),
    si.mem(),
    detectVirtualisation(host),
    readPageSize(host),
    detectEmulation(host, process.env[GUEST_OF]),
  ]);
  const text = async (path: string): Promise<Reading<string>> => {
    const reading = await host.readText(path);
    return reading.kind === "value" ? value(reading.value.trim()) : reading;
  };
  const machineId = await text("/etc/machine-id");
  const workloadCpu = host.cpus.at(-1) ?? 0;
  return {
    hostname: os.hostname,
    machineIdHash:
      machineId.kind === "value"
        ? value(createHash("sha256").update(`tare:${machineId.value}`).digest("hex").slice(0, 16))
        : machineId,
    arch: host.arch,
    kernel: os.kernel,
    distribution: `${os.distro} ${os.release}`.trim(),
    cpuModel: (await readCpuModel(host)) ?? `${cpu.manufacturer} ${cpu.brand}`.trim(),
    cpus: host.cpus.length,
    possibleCpus: await text("/sys/devices/system/cpu/possible"),
    onlineCpus: await text("/sys/devices/system/cpu/online"),
    memoryBytes: memory.total,
    pageSize,
    virtualisation,
    emulated: emulation.kind === "emulated",
    emulation,
    cgroup: await cgroupVersion(host),
    clocksource: await text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    governor: await text(`/sys/devices/system/cpu/cpu${workloadCpu}/cpufreq/scaling_governor`),
    mitigations: await readMitigations(host),
    workloadCore: await text(`/sys/devices/system/cpu/cpu${workloadCpu}/topology/thread_siblings_list`),
    seccomp: await readSeccomp(host),
    node: [process.version, ...nodeFlags()].join(" "),
    bootId: await text("/proc/sys/kernel/random/boot_id"),
  };
};

/** What the machine is called by those who look for hypervisors; whether its CPU is real is found out apart. */
const detectVirtualisation = async (host: Host): Promise<string> => {
  const detector = await host.which("systemd-detect-virt");
  if (detector !== undefined) {
    const said = (await host.run(detector, ["--vm"])).stdout.trim();
    if (said !== "") return said;
  }
  const lscpu = (await host.run("lscpu", [])).stdout;
  const vendor = /^Hypervisor vendor:\s*(.+)$/m.exec(lscpu)?.[1]?.trim();
  if (vendor === undefined)
    return /^Flags:.*\bhypervisor\b/m.test(lscpu) ? "unknown hypervisor" : "none found";
  return vendor.toLowerCase();
};

/** As the kernel or lscpu says it; the firmware's tables, which say it otherwise, name the machine in some virtual ones. */
const readCpuModel = async (host: Host): Promise<string | undefined> => {
  const model = /^model name\s*:\s*(.+)$/im;
  const cpuinfo = known(await host.readText("/proc/cpuinfo")) ?? "";
  const said = model.exec(cpuinfo) ?? model.exec((await host.run("lscpu", [])).stdout);
  return said?.[1]?.trim();
};

const readPageSize = async (host: Host): Promise<Reading<number>> => {
  const said = await host.run("getconf", ["PAGESIZE"]);
  const size = Number(said.stdout.trim());
  return said.exitCode === 0 && size > 0 ? value(size) : missing(`getconf PAGESIZE: ${said.stderr.trim()}`);
};

const readMitigations = async (host: Host): Promise<Reading<string>> => {
  const folder = "/sys/devices/system/cpu/vulnerabilities";
  const names = await host.list(folder);
  if (names.length === 0) return missing(`${folder} is empty or absent`);
  const states = await Promise.all(
    names.map(
      async (name) => `${name}: ${(known(await host.readText(`${folder}/${name}`)) ?? "unreadable").trim()}`,
    ),
  );
  return value(states.filter((state) => !state.endsWith(": Not affected")).join("; ") || "none needed");
};

export const cgroupVersion = async (host: Host): Promise<"v1" | "v2" | "none"> => {
  const mounts = known(await host.readText("/proc/self/mounts")) ?? "";
  if (/ cgroup [^ ]*\bcpuacct\b/m.test(mounts)) return "v1";
  return / cgroup2 /m.test(mounts) ? "v2" : "none";
};
