/** The guests that tare can make. The table is guests.json, which the Vagrantfile reads too. */
import { TareError } from "../domain/errors.ts";
import table from "./guests.json" with { type: "json" };

export type Architecture = keyof typeof table.architectures;
export type Kernel = keyof typeof table.kernels;
/** Debian releases that a guest's user space can be. They have security updates, which bullseye no longer has. */
export type Release = keyof typeof table.releases;

/**
 * `node`: `process.arch` of Node; `bpf`: ARCH of bpf/Makefile; `multiarch`: also the prefix of the cross compiler. `kernelOptions`: a
 * starved emulator misses the ticks by which the kernel checks its timer on amd64, and the kernel gives up.
 */
interface ArchitectureFacts extends Omit<(typeof table.architectures)[Architecture], "kernelOptions"> {
  readonly kernelOptions: readonly string[];
}

/**
 * `suiteInBox`: where a public box, which is a bookworm, gets it from. `securityModules`: of a kernel that has BPF among them but starts
 * it only when asked, those that it starts by itself, and BPF.
 */
type KernelFacts = (typeof table.kernels)[Kernel];

/** `plugin`: null where it comes with Vagrant; `emulates`: whether it runs a foreign architecture. */
type ProviderFacts = (typeof table.providers)[keyof typeof table.providers];

const keysOf = <T extends string>(record: Readonly<Record<T, unknown>>): readonly T[] =>
  Object.keys(record) as T[];

export const FACTS: Readonly<Record<Architecture, ArchitectureFacts>> = table.architectures;
export const ARCHITECTURES = keysOf(FACTS);
export const KERNEL_FACTS: Readonly<Record<Kernel, KernelFacts>> = table.kernels;
export const KERNELS = keysOf(KERNEL_FACTS);
export const NEWEST_KERNEL = KERNELS.at(-1) as Kernel;
export const RELEASES = table.releases as Readonly<Record<Release, Kernel>>;
export const RELEASE_NAMES = keysOf(RELEASES);
/** In the order in which Vagrant tries them. */
export const PROVIDERS: Readonly<Record<string, ProviderFacts>> = table.providers;
/** What libvirt takes of the hub, where it is not to start a box that is made here. */
export const HUB_BOX = table.hubBoxes.emulating.name;
/** QEMU 7.2, which Debian 12 has, lets emulated guests with a 6.12 kernel crash in their first seconds; 10.0 was clean. */
export const MIN_QEMU = table.minQemu;
/** Without it an emulated guest's events come too late for the count of some agents: docs/guests.md. */
export const EMULATED_TIMEOUT_SCALE = table.emulatedTimeoutScale;
/** Exit codes of a run that was measured: well, or with a verdict. */
export const MEASURED: readonly number[] = table.measuredExitCodes;

/** Undefined for a machine of neither architecture. */
export const NATIVE = ARCHITECTURES.find((architecture) => FACTS[architecture].node === process.arch);

export const emulates = (provider: string): boolean => PROVIDERS[provider]?.emulates === true;

export const parserOf =
  <T extends string>(flag: string, known: readonly T[]) =>
  (word: string): T => {
    const found = known.find((one) => one === word);
    if (found !== undefined) return found;
    throw new TareError("usage", `${flag} ${word}: not known`, `it can be ${known.join(", ")}`);
  };

export const parseArchitecture = parserOf("--arch", ARCHITECTURES);
export const parseKernel = parserOf("--kernel", KERNELS);
export const parseRelease = parserOf("--release", RELEASE_NAMES);

export const listOf = <T>(flag: string, list: string, parse: (word: string) => T): readonly T[] => {
  const words = [...new Set(list.split(",").map((word) => word.trim()))].filter((word) => word !== "");
  if (words.length === 0)
    throw new TareError("usage", `${flag} names nothing`, "it takes a list, separated by commas");
  return words.map(parse);
};

export interface Guest {
  /** `amd64`, or `amd64-6.12` where the kernel was chosen; names its folder and its virtual machine. */
  readonly id: string;
  readonly architecture: Architecture;
  readonly kernel: Kernel | undefined;
}

/** Every architecture with every kernel, kernels of one architecture side by side. Throws a usage error for unknown words. */
export const guestsOf = (architectures: string, kernels: string | undefined): readonly Guest[] => {
  const series = kernels === undefined ? [undefined] : listOf("--kernel", kernels, parseKernel);
  return listOf("--arch", architectures, parseArchitecture).flatMap((architecture) =>
    series.map((kernel) => ({
      id: kernel === undefined ? architecture : `${architecture}-${kernel}`,
      architecture,
      kernel,
    })),
  );
};
