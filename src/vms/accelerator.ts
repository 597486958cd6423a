/** How this host runs a guest's instructions. The Vagrantfile decides by the same rules. */
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import type { Architecture } from "./guests.ts";

/** `tcg`: QEMU emulates the whole CPU, so figures say what works and not what it costs. */
export type Accelerator = "kvm" | "hvf" | "tcg";

const ACCELERATORS: readonly Accelerator[] = ["kvm", "hvf", "tcg"];
const MACHINE: Readonly<Record<Architecture, string>> = { amd64: "x86_64", arm64: "aarch64" };

export const isNative = (host: Host, architecture: Architecture): boolean =>
  MACHINE[architecture] === host.arch;

/** `asked`: the value of TARE_VM_ACCEL, or undefined. */
export const acceleratorFor = async (
  host: Host,
  architecture: Architecture,
  asked: string | undefined,
): Promise<Accelerator> => {
  if (asked !== undefined && asked !== "" && asked !== "auto") {
    const found = ACCELERATORS.find((one) => one === asked);
    if (found !== undefined) return found;
    throw new TareError(
      "usage",
      `TARE_VM_ACCEL is "${asked}"`,
      `it can be auto, ${ACCELERATORS.join(" or ")}`,
    );
  }
  if (!isNative(host, architecture)) return "tcg";
  if ((await host.run("uname", ["-s"])).stdout.trim() === "Darwin") return "hvf";
  return (await host.run("test", ["-w", "/dev/kvm"])).exitCode === 0 ? "kvm" : "tcg";
};
