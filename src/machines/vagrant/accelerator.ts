/** How this host runs a guest's instructions. The Vagrantfile decides by the same rules. */
import type { Host } from "../../domain/host.ts";
import { type Architecture, emulates, FACTS, parserOf } from "../guests.ts";

/** `tcg`: QEMU emulates the whole CPU. `native`: the provider's own hypervisor, on the real CPU. */
export type Accelerator = "kvm" | "hvf" | "tcg" | "native";

const parse = parserOf("TARE_VM_ACCEL", ["auto", "kvm", "hvf", "tcg"]);
export const KVM = "/dev/kvm";

export const isNative = async (host: Host, architecture: Architecture): Promise<boolean> =>
  FACTS[architecture].uname === (await machineOf(host));

/** A Node for Intel runs on Apple silicon too, translated by Rosetta, and takes the machine for one. */
const machineOf = async (host: Host): Promise<string> =>
  host.arch === "x86_64" &&
  (await isDarwin(host)) &&
  (await host.run("sysctl", ["-n", "hw.optional.arm64"])).stdout.trim() === "1"
    ? "aarch64"
    : host.arch;

const isDarwin = async (host: Host): Promise<boolean> =>
  (await host.run("uname", ["-s"])).stdout.trim() === "Darwin";

/** Checks the value of TARE_VM_ACCEL; undefined: what is found decides. */
export const parseAccelerator = (asked: string | undefined): Accelerator | undefined => {
  const found = parse(asked === undefined || asked === "" ? "auto" : asked);
  return found === "auto" ? undefined : found;
};

export const acceleratorFor = async (
  host: Host,
  architecture: Architecture,
  provider: string | undefined,
  asked: string | undefined,
): Promise<Accelerator> => {
  const wanted = parseAccelerator(asked);
  if (!(await isNative(host, architecture))) return "tcg";
  if (provider !== undefined && !emulates(provider)) return "native";
  if (wanted !== undefined) return wanted;
  if (await isDarwin(host)) return "hvf";
  // libvirt starts QEMU as another user, so what this user may do says nothing.
  return (await mayUse(host, provider === "qemu" ? "-w" : "-e")) ? "kvm" : "tcg";
};

/** There, but not for this user, whose QEMU would silently emulate. */
export const isForbidden = async (host: Host): Promise<boolean> =>
  (await mayUse(host, "-e")) && !(await mayUse(host, "-w"));

const mayUse = async (host: Host, how: "-e" | "-w"): Promise<boolean> =>
  (await host.run("test", [how, KVM])).exitCode === 0;
