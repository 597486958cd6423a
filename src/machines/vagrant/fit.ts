/** Whether this host can run the guests at all, checked before the first of them costs minutes. */
import { dirname } from "node:path";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import {
  type Accelerator,
  acceleratorFor,
  isForbidden,
  isNative,
  KVM,
  parseAccelerator,
} from "./accelerator.ts";
import type { Vagrant } from "./find-vagrant.ts";
import { type Architecture, emulates, FACTS, type Guest, MIN_QEMU } from "../guests.ts";
import { versionIn } from "../images/qemu.ts";

export interface Room {
  readonly folder: string;
  readonly bytes: number;
  readonly hint: string;
}

export interface FitRequest {
  readonly host: Host;
  readonly guests: readonly Guest[];
  readonly vagrant: Vagrant;
  /** TARE_VM_ACCEL. */
  readonly accelerator: string | undefined;
  /** --boxes; undefined: what the provider can start. */
  readonly boxes: BoxSource | undefined;
  /** What needs how much room, by the provider. */
  roomsOf(provider: string): readonly Room[];
}

export interface Fitness {
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  /** QEMU's version by architecture, where one emulates. */
  readonly emulators: Readonly<Partial<Record<Architecture, string>>>;
  /** What keeps the guests of an architecture from being made, and nothing else. */
  readonly obstacles: ReadonlyMap<Architecture, TareError>;
}

/** Made here from Debian's archive; or by name: TARE_BOX_<ARCH>, or of the hub. */
export type BoxSource = "named" | "built";

/** What was asked for; else the box that TARE_BOX_<ARCH> names; else one that is made here, where the provider can start it. */
export const boxSourceOf = (
  asked: BoxSource | undefined,
  provider: string,
  named: string | undefined,
): BoxSource => asked ?? ((named ?? "") !== "" || provider !== "libvirt" ? "named" : "built");

export const acceleratorsOf = async (
  host: Host,
  provider: string | undefined,
  asked: string | undefined,
): Promise<Readonly<Record<Architecture, Accelerator>>> => ({
  amd64: await acceleratorFor(host, "amd64", provider, asked),
  arm64: await acceleratorFor(host, "arm64", provider, asked),
});

/** Throws a host-unfit or usage error with what is missing for all guests and how to get it. */
export const checkFitness = async (request: FitRequest): Promise<Fitness> => {
  const { host, guests, vagrant } = request;
  const { provider } = vagrant;
  if (request.boxes === "built") refuseBuilt(provider);
  if (provider === "libvirt") await checkLibvirt(host);
  const accelerators = await acceleratorsOf(host, provider, request.accelerator);
  const emulators: Partial<Record<Architecture, string>> = {};
  const obstacles = new Map<Architecture, TareError>();
  for (const architecture of new Set(guests.map((guest) => guest.architecture))) {
    try {
      await checkProvider(request, architecture);
      if (emulates(provider) && accelerators[architecture] === "tcg")
        emulators[architecture] = await checkEmulator(host, architecture);
    } catch (error) {
      if (!(error instanceof TareError)) throw error;
      obstacles.set(architecture, error);
    }
  }
  for (const room of request.roomsOf(provider)) await checkRoom(host, room);
  return { accelerators, emulators, obstacles };
};

const checkProvider = async (
  { host, vagrant: { provider }, accelerator }: FitRequest,
  architecture: Architecture,
): Promise<void> => {
  const native = await isNative(host, architecture);
  if (!native && !emulates(provider)) {
    throw new TareError(
      "host-unfit",
      `the provider ${provider} cannot emulate ${architecture} on this ${host.arch} host`,
      `use --provider libvirt or qemu for ${architecture}, or leave it out with --arch`,
    );
  }
  const named = parseAccelerator(accelerator) !== undefined;
  if (native && provider === "qemu" && !named && (await isForbidden(host))) {
    throw new TareError(
      "host-unfit",
      `${KVM} is there, but you may not use it, so ${architecture} would be emulated`,
      "sudo usermod -aG kvm $USER and log in again; or TARE_VM_ACCEL=tcg, if emulation is what you want",
    );
  }
};

/** Guests need the system's libvirt, with its networks. */
const checkLibvirt = async (host: Host): Promise<void> => {
  const uri = process.env["LIBVIRT_DEFAULT_URI"] ?? "";
  if (uri.includes("session")) {
    throw new TareError(
      "host-unfit",
      `LIBVIRT_DEFAULT_URI=${uri} names the libvirt of the session, which has no network for guests`,
      "unset LIBVIRT_DEFAULT_URI",
    );
  }
  if ((await host.which("virsh")) === undefined) {
    if ((await host.list("/run/libvirt")).length > 0) return;
    // Debian's vagrant-libvirt does not bring it.
    throw new TareError(
      "host-unfit",
      "libvirt is not installed",
      "Debian: apt-get install --no-install-recommends libvirt-daemon-system",
    );
  }
  const said = await host.run("virsh", ["-c", "qemu:///system", "uri"], { timeoutMs: 20_000 });
  if (said.exitCode === 0) return;
  throw new TareError(
    "host-unfit",
    `libvirt does not answer: ${said.stderr.trim().split("\n").at(-1) ?? ""}`,
    "systemctl start libvirtd, and be root or in the group libvirt",
  );
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
      `QEMU ${MIN_QEMU} or newer is needed: Debian 12 has it in bookworm-backports (apt-get install -t bookworm-backports ${qemuPackage})`,
    );
  }
  return version.text;
};

export const checkRoom = async (host: Host, { folder, bytes, hint }: Room): Promise<void> => {
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
