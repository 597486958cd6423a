/** Whether this host can run the guests at all, checked before the first of them costs minutes. */
import { dirname } from "node:path";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { type Accelerator, isForbidden, isNative, KVM } from "./accelerator.ts";
import { isOlder, type Vagrant } from "./find-vagrant.ts";
import { type Architecture, emulates, FACTS, type Guest, HUB_BOXES, MIN_QEMU } from "../guests.ts";
import { versionIn } from "../images/qemu.ts";

/** Older ones take whichever architecture a box's publisher put first. */
const CHOOSES_ARCHITECTURE = [2, 4, 0] as const;

export interface Room {
  readonly folder: string;
  readonly bytes: number;
  readonly hint: string;
}

export interface FitRequest {
  readonly host: Host;
  readonly guests: readonly Guest[];
  readonly vagrant: Vagrant;
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  /** TARE_VM_ACCEL names one, so what this host has is not asked for. */
  readonly acceleratorNamed: boolean;
  readonly boxes: "named" | "built";
  /** The values of TARE_BOX_AMD64 and TARE_BOX_ARM64. */
  readonly namedBoxes: Readonly<Partial<Record<Architecture, string>>>;
  readonly rooms: readonly Room[];
}

/** Throws a host-unfit or usage error with what is missing and how to get it. The result is QEMU's version by architecture, where one emulates. */
export const checkFitness = async (
  request: FitRequest,
): Promise<Readonly<Partial<Record<Architecture, string>>>> => {
  const { host, guests, accelerators, vagrant } = request;
  const { provider } = vagrant;
  const architectures = [...new Set(guests.map((guest) => guest.architecture))];
  if (request.boxes === "built") refuseBuilt(provider);
  for (const architecture of architectures) {
    const native = await isNative(host, architecture);
    if (!native && !emulates(provider)) {
      throw new TareError(
        "usage",
        `the provider ${provider} cannot emulate ${architecture} on this ${host.arch} host`,
        `use --provider libvirt or qemu for ${architecture}, or leave it out with --arch`,
      );
    }
    if (native && provider === "qemu" && !request.acceleratorNamed && (await isForbidden(host))) {
      throw new TareError(
        "host-unfit",
        `${KVM} is there, but you may not use it, so ${architecture} would be emulated`,
        "sudo usermod -aG kvm $USER and log in again; or TARE_VM_ACCEL=tcg, if emulation is what you want",
      );
    }
    refuseAmbiguousBox(request, architecture);
  }
  const emulators: Partial<Record<Architecture, string>> = {};
  for (const architecture of architectures)
    if (emulates(provider) && accelerators[architecture] === "tcg")
      emulators[architecture] = await checkEmulator(host, architecture);
  for (const room of request.rooms) await checkRoom(host, room);
  return emulators;
};

/** Boxes that are made here start a kernel that lies beside the disk, which only libvirt does. */
export const refuseBuilt = (provider: string | undefined): void => {
  if (provider === undefined || provider === "libvirt") return;
  throw new TareError(
    "usage",
    `--boxes built makes boxes for libvirt, and the provider is ${provider}`,
    "use --provider libvirt, or a box of the hub (leave --boxes out)",
  );
};

const refuseAmbiguousBox = ({ vagrant, boxes, namedBoxes }: FitRequest, architecture: Architecture): void => {
  const name = namedBoxes[architecture] ?? "";
  if (boxes === "built" || !isOlder(vagrant.version, CHOOSES_ARCHITECTURE)) return;
  if (name !== "" && !HUB_BOXES.includes(name)) return;
  throw new TareError(
    "host-unfit",
    `Vagrant ${vagrant.version} cannot choose ${architecture} from a box that holds several architectures`,
    `Vagrant 2.4 or newer can; --boxes built works with this one, or TARE_BOX_${architecture.toUpperCase()} with a box of that architecture alone`,
  );
};

const checkEmulator = async (host: Host, architecture: Architecture): Promise<string> => {
  const { uname, qemuPackage } = FACTS[architecture];
  const program = `qemu-system-${uname}`;
  if ((await host.which(program)) === undefined) {
    throw new TareError(
      "host-unfit",
      `${program} was not found, which emulates ${architecture} guests`,
      `Debian: apt-get install ${qemuPackage}; or leave ${architecture} out with --arch`,
    );
  }
  const version = versionIn((await host.run(program, ["--version"])).stdout);
  if (version === undefined || version.major < MIN_QEMU) {
    throw new TareError(
      "host-unfit",
      `${program} is version ${version?.text ?? "(unknown)"}; emulated guests with newer kernels crash under it`,
      `QEMU ${MIN_QEMU} or newer is needed: Debian 12 has it in bookworm-backports (apt-get install -t bookworm-backports ${qemuPackage}), and so has the chroot of \`scripts/machines/lab.sh build\``,
    );
  }
  return version.text;
};

const checkRoom = async (host: Host, { folder, bytes, hint }: Room): Promise<void> => {
  const free = await freeBytes(host, folder);
  if (free === undefined || free >= bytes) return;
  throw new TareError(
    "host-unfit",
    `${folder} has ${Math.floor(free / 2 ** 20)} MiB free; a virtual machine needs ${bytes / 2 ** 20} there`,
    hint,
  );
};

/** Of the folder, or of the nearest existing one above it; undefined where that cannot be read. */
const freeBytes = async (host: Host, folder: string): Promise<number | undefined> => {
  for (let at = folder; ; at = dirname(at)) {
    const free = known(await host.freeBytes(at));
    if (free !== undefined || at === dirname(at)) return free;
  }
};
