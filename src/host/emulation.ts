/**
 * Is this CPU real? Each clue is looked at by itself and kept as evidence:
 *
 *   one that only emulation explains   ->  emulated, whatever else was seen
 *   else one that only hardware gives  ->  hardware
 *   else                               ->  unknown, which is told to the reader and never taken for hardware
 */
import type { Emulation } from "../domain/emulation.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";

interface Clue {
  /** `neither`: fits both, and is kept because a reader wants to know that it was looked at. */
  readonly says: "emulated" | "hardware" | "neither";
  readonly text: string;
}

const emulated = (text: string): Clue => ({ says: "emulated", text });
const hardware = (text: string): Clue => ({ says: "hardware", text });
const neither = (text: string): Clue => ({ says: "neither", text });

/** Where whoever starts a virtual machine says what it is: `<architecture of the host>/<accelerator>`, such as `x86_64/tcg`. */
export const GUEST_OF = "TARE_GUEST_OF";

export const isEmulated = async (host: Host): Promise<boolean> =>
  (await detectEmulation(host, process.env[GUEST_OF])).kind === "emulated";

/** @param guestOf what the environment says under `GUEST_OF` */
export const detectEmulation = async (host: Host, guestOf: string | undefined): Promise<Emulation> => {
  const machine = await readMachine(host);
  const clues = [
    ...outsideClues(host.arch, guestOf),
    ...translationClues(host.arch, machine),
    ...(host.arch === "aarch64" ? armClues(machine) : x86Clues(machine)),
    ...machineClues(machine),
  ];
  const says = (what: Clue["says"]): boolean => clues.some((clue) => clue.says === what);
  return {
    kind: says("emulated") ? "emulated" : says("hardware") ? "hardware" : "unknown",
    evidence: clues.length === 0 ? ["nothing that would tell could be read"] : clues.map(({ text }) => text),
  };
};

type Machine = Awaited<ReturnType<typeof readMachine>>;

const readMachine = async (host: Host) => {
  const text = async (path: string): Promise<string | undefined> =>
    known(await host.readText(path))
      ?.replaceAll("\0", " ")
      .trim();
  const detector = await host.which("systemd-detect-virt");
  return {
    cpuinfo: (await text("/proc/cpuinfo")) ?? "",
    // Empty where it is not built.
    identity: (await host.run(`${host.root}/build/scenarios/cpu-identity`, [])).stdout,
    detected: detector === undefined ? undefined : (await host.run(detector, ["--vm"])).stdout.trim(),
    vendor: await text("/sys/class/dmi/id/sys_vendor"),
    product: await text("/sys/class/dmi/id/product_name"),
    board: await text("/proc/device-tree/compatible"),
    clocksources: (await text("/sys/devices/system/clocksource/clocksource0/available_clocksource")) ?? "",
    kernelLog: (await host.run("dmesg", [])).stdout,
    qemuDevice: (await host.list("/sys/firmware/qemu_fw_cfg")).length > 0,
  };
};

/** A statement from outside weighs as much as what the CPU says. */
const outsideClues = (arch: string, guestOf: string | undefined): readonly Clue[] => {
  if (guestOf === undefined || guestOf === "") return [];
  const said = `${GUEST_OF} says ${guestOf}`;
  const [, outer = "", accelerator = ""] = /^([\w-]+)\/([\w-]+)$/.exec(guestOf) ?? [];
  if (accelerator === "") {
    return [neither(`${said}, which is no <architecture>/<accelerator>`)];
  }
  const same = (outer === "arm64" ? "aarch64" : outer === "amd64" ? "x86_64" : outer) === arch;
  if (accelerator === "tcg") return [emulated(`${said}: QEMU simulates the CPU`)];
  return same ? [hardware(said)] : [emulated(`${said}, and no accelerator runs ${arch} there`)];
};

/** What CPUs that exist in software alone are called; each matches a vendor or a model name. */
const TRANSLATORS: readonly (readonly [name: RegExp, text: string])[] = [
  [/^VirtualApple\b/, "Apple's Rosetta, which translates every instruction"],
  [/\bBox(?:64|86)\b/i, "Box64, which translates every instruction"],
  [/\bFEX(?:-Emu|-\d|\b)/, "FEX, which translates every instruction"],
  [/\bM5 (?:Simulator|x86_64)\b/, "gem5, which simulates the CPU"],
  [/\bbochs\b/i, "Bochs, which simulates the CPU"],
];

/** A translator shows either a CPU of its own, or the real one, which is of another architecture. */
const translationClues = (arch: string, { cpuinfo }: Machine): readonly Clue[] => {
  const names = Array.from(cpuinfo.matchAll(/^(?:vendor_id|model name)\s*:\s*(.+)$/gim), ([, name = ""]) =>
    name.trim(),
  );
  const clues = TRANSLATORS.flatMap(([pattern, text]) => {
    const name = names.find((one) => pattern.test(one));
    return name === undefined ? [] : [emulated(`the CPU calls itself ${name}: ${text}`)];
  });
  const isArm = /^CPU implementer\s*:/m.test(cpuinfo);
  const isX86 = /^vendor_id\s*:\s*(?:GenuineIntel|AuthenticAMD)\b/m.test(cpuinfo);
  if ((arch === "x86_64" && isArm) || (arch === "aarch64" && isX86)) {
    clues.push(
      emulated(`this is ${arch} on ${isArm ? "an Arm" : "an x86"} CPU, so every instruction is translated`),
    );
  }
  return clues;
};

const x86Clues = ({ identity, cpuinfo }: Machine): readonly Clue[] => {
  const clues: Clue[] = [];
  const hypervisor = /^hypervisor (.+)$/m.exec(identity)?.[1];
  if (hypervisor !== undefined && hypervisor !== "none" && hypervisor !== "?") {
    const clue = hypervisor === "TCGTCGTCGTCG" ? emulated : hardware;
    clues.push(clue(`the CPU names its hypervisor ${hypervisor}`));
  }
  if (/^model name\s*:.*QEMU TCG CPU/m.test(cpuinfo)) {
    clues.push(emulated("the CPU calls itself QEMU TCG CPU"));
  }
  if (hypervisor === "none" || (hypervisor === undefined && /^flags\s*:/m.test(cpuinfo))) {
    const announced = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
    clues.push(
      announced ? neither("the CPU announces a hypervisor") : hardware("the CPU announces no hypervisor"),
    );
  }
  return clues;
};

/** QEMU's simulated generic timer runs at this frequency for every CPU model that stands for a real one. */
const QEMU_TIMER_HZ = 62_500_000;
/** Implementers of the cores that QEMU can simulate: Arm, Fujitsu. Its own "max" core has implementer 0. */
const SIMULATED = [0x41, 0x46];

const armClues = (machine: Machine): readonly Clue[] => {
  const clues: Clue[] = [];
  const implementer = /^CPU implementer\s*:\s*(0x[\da-f]+)/im.exec(machine.cpuinfo)?.[1];
  if (implementer !== undefined) {
    const said = `CPU implementer ${implementer}`;
    if (Number(implementer) === 0) clues.push(emulated(`${said}: no maker of CPUs, but QEMU's own model`));
    else if (SIMULATED.includes(Number(implementer))) clues.push(neither(said));
    else clues.push(hardware(`${said}, whose cores QEMU does not simulate`));
  }
  const hz = timerHz(machine);
  if (hz !== undefined) {
    const simulated = hz === QEMU_TIMER_HZ;
    const clue = simulated && isQemu(machine) ? emulated : neither;
    clues.push(clue(`generic timer at ${hz / 1e6} MHz${simulated ? ", which is what QEMU simulates" : ""}`));
  }
  return clues;
};

const timerHz = ({ identity, kernelLog }: Machine): number | undefined => {
  const read = /^timer-hz (\d+)$/m.exec(identity)?.[1];
  if (read !== undefined) return Number(read);
  const logged = /arch_timer: .* running at ([\d.]+)MHz/.exec(kernelLog)?.[1];
  return logged === undefined ? undefined : Math.round(Number(logged) * 1e6);
};

const BUILT_ON_QEMU = /QEMU|OpenStack|oVirt|Red Hat|KubeVirt/;

const isQemu = ({ qemuDevice, vendor, board, product }: Machine): boolean =>
  qemuDevice ||
  BUILT_ON_QEMU.test(`${vendor ?? ""} ${product ?? ""}`) ||
  /\blinux,dummy-virt\b/.test(board ?? "");

const machineClues = (machine: Machine): readonly Clue[] => {
  const { vendor, product, board, clocksources, kernelLog, detected } = machine;
  const clues: Clue[] = [];
  const clock = /\b(kvm-clock|hyperv_clocksource\w*|xen)\b/.exec(clocksources)?.[1];
  if (clock !== undefined) clues.push(hardware(`the hypervisor offers the clock ${clock}`));
  const logged = /KVM: hypervisor services detected|Hypervisor detected: .+/.exec(kernelLog)?.[0];
  if (logged !== undefined) clues.push(hardware(`the kernel logged "${logged.trim()}"`));
  if (product === "KVM Virtual Machine") {
    clues.push(hardware(`the machine calls itself ${product}`));
  } else if (isQemu(machine)) {
    clues.push(neither("the machine is one of QEMU's"));
  } else if (vendor !== undefined && vendor !== "") {
    clues.push(hardware(`the machine is by ${vendor}, not by QEMU`));
  } else if (board !== undefined && board !== "") {
    clues.push(hardware(`the machine's device tree is that of ${board.split(" ")[0] ?? board}`));
  }
  if (detected === "kvm" || detected === "bochs") {
    const clue = detected === "kvm" ? hardware : emulated;
    clues.push(clue(`systemd-detect-virt says ${detected}`));
  } else if (detected !== undefined && detected !== "" && detected !== "none") {
    clues.push(neither(`systemd-detect-virt says ${detected}`));
  }
  return clues;
};
