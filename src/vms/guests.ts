/** The virtual machines of a run: one for each architecture and kernel that is asked for. */
import { TareError } from "../domain/errors.ts";

/** As Debian and Vagrant name them. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Debian's kernel series: bullseye, bookworm, trixie. */
export const KERNELS = ["5.10", "6.1", "6.12"] as const;
export type Kernel = (typeof KERNELS)[number];

export interface Guest {
  /** `amd64`, or `amd64-6.12` where the kernel was chosen; names its folder and its virtual machine. */
  readonly id: string;
  readonly architecture: Architecture;
  /** Undefined: whichever kernel the box has. */
  readonly kernel: Kernel | undefined;
}

const chosen = <T extends string>(flag: string, list: string, known: readonly T[]): readonly T[] => {
  const words = [...new Set(list.split(",").map((word) => word.trim()))].filter((word) => word !== "");
  const hint = `${flag} takes one or more of ${known.join(", ")}, separated by commas`;
  if (words.length === 0) throw new TareError("usage", `${flag} names nothing`, hint);
  return words.map((word) => {
    const found = known.find((one) => one === word);
    if (found === undefined) throw new TareError("usage", `${flag} ${word}: not known`, hint);
    return found;
  });
};

/** Every architecture with every kernel, kernels of one architecture side by side. Throws a usage error for words it does not know. */
export const guestsOf = (architectures: string, kernels: string | undefined): readonly Guest[] => {
  const series = kernels === undefined ? [undefined] : chosen("--kernel", kernels, KERNELS);
  return chosen("--arch", architectures, ARCHITECTURES).flatMap((architecture) =>
    series.map((kernel) => ({
      id: kernel === undefined ? architecture : `${architecture}-${kernel}`,
      architecture,
      kernel,
    })),
  );
};
