/** Whether this host can run the guests at all: found out before the first of them costs minutes. */
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import type { Accelerator } from "./accelerator.ts";
import { isNative } from "./accelerator.ts";
import type { Architecture, Guest } from "./guests.ts";

/** The oldest Vagrant that the Vagrantfile was tried with. */
const OLDEST_VAGRANT = [2, 3, 4] as const;
/** QEMU 7.2 lets emulated guests with a 6.12 kernel crash in their first seconds; 10.0 was clean. */
const OLDEST_EMULATOR = 10;
/** A box as Vagrant unpacks it, the volume that the provider makes of it, and what the guest writes. */
const NEEDED_BYTES = 4 * 2 ** 30;

/** Providers that emulate a foreign architecture, and the Vagrant plugins that bring them. */
const PLUGINS: Readonly<Record<string, string>> = {
  libvirt: "vagrant-libvirt",
  qemu: "vagrant-qemu",
  parallels: "vagrant-parallels",
  vmware_desktop: "vagrant-vmware-desktop",
};
const EMULATING = ["libvirt", "qemu"];

export interface Fitness {
  readonly vagrant: string;
  /** The one that was named, or the one whose plugin is installed; undefined: Vagrant chooses. */
  readonly provider: string | undefined;
  /** QEMU's version by architecture, where one was looked at. */
  readonly emulators: Readonly<Partial<Record<Architecture, string>>>;
}

export interface FitRequest {
  readonly host: Host;
  readonly guests: readonly Guest[];
  readonly accelerators: Readonly<Record<Architecture, Accelerator>>;
  /** `--provider`, or VAGRANT_DEFAULT_PROVIDER. */
  readonly provider: string | undefined;
  /** Folders that boxes, disks and results are written to. */
  readonly folders: readonly string[];
}

/** Throws a host-unfit or usage error with what is missing and how to get it. */
export const checkFitness = async (request: FitRequest): Promise<Fitness> => {
  const { host, guests, accelerators } = request;
  const vagrant = await checkVagrant(host);
  const provider = await checkProvider(host, request.provider);
  const architectures = [...new Set(guests.map((guest) => guest.architecture))];
  if (provider !== undefined && !EMULATING.includes(provider)) {
    const foreign = architectures.find((architecture) => !isNative(host, architecture));
    if (foreign !== undefined) {
      throw new TareError(
        "usage",
        `the provider ${provider} cannot emulate ${foreign} on this ${host.arch} host`,
        `use --provider libvirt or qemu for ${foreign}, or leave it out with --arch`,
      );
    }
  }
  const emulators: Partial<Record<Architecture, string>> = {};
  if (provider === undefined || EMULATING.includes(provider)) {
    for (const architecture of architectures)
      if (accelerators[architecture] === "tcg")
        emulators[architecture] = await checkEmulator(host, architecture);
  }
  for (const folder of request.folders) await checkRoom(host, folder);
  return { vagrant, provider, emulators };
};

const checkVagrant = async (host: Host): Promise<string> => {
  if ((await host.which("vagrant")) === undefined) {
    throw new TareError(
      "host-unfit",
      "vagrant was not found",
      "Debian: apt-get install vagrant vagrant-libvirt; or `scripts/vagrant/lab.sh run npm run tare -- vms run`, which keeps it in a chroot",
    );
  }
  const said = await host.run("vagrant", ["--version"], { timeoutMs: 60_000 });
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(said.stdout);
  const oldest = OLDEST_VAGRANT.join(".");
  if (version === null) {
    throw new TareError(
      "host-unfit",
      `vagrant --version says "${(said.stdout + said.stderr).trim()}"`,
      `Vagrant ${oldest} or newer is needed`,
    );
  }
  if (isOlder(version.slice(1).map(Number), OLDEST_VAGRANT)) {
    throw new TareError(
      "host-unfit",
      `Vagrant ${version[0]} is too old`,
      `Vagrant ${oldest} or newer is needed`,
    );
  }
  return version[0];
};

const isOlder = (version: readonly number[], than: readonly number[]): boolean => {
  for (const [at, least] of than.entries()) {
    const part = version[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
};

const checkProvider = async (host: Host, asked: string | undefined): Promise<string | undefined> => {
  const listed = (await host.run("vagrant", ["plugin", "list"], { timeoutMs: 60_000 })).stdout;
  const installed = Object.keys(PLUGINS).filter((name) => listed.includes(PLUGINS[name] ?? name));
  if (asked !== undefined) {
    const plugin = PLUGINS[asked];
    if (plugin === undefined || installed.includes(asked)) return asked;
    throw new TareError(
      "host-unfit",
      `the Vagrant plugin ${plugin} of the provider ${asked} is not installed`,
      `vagrant plugin install ${plugin}${asked === "libvirt" ? " (Debian: apt-get install vagrant-libvirt)" : ""}`,
    );
  }
  if (installed.length > 0) return installed[0];
  if ((await host.which("VBoxManage")) !== undefined) return "virtualbox";
  throw new TareError(
    "host-unfit",
    "Vagrant has no provider here: no plugin for one, and no VirtualBox",
    "Linux: apt-get install vagrant-libvirt; Apple silicon: vagrant plugin install vagrant-qemu",
  );
};

const PROGRAMS: Readonly<Record<Architecture, readonly [program: string, debian: string]>> = {
  amd64: ["qemu-system-x86_64", "qemu-system-x86"],
  arm64: ["qemu-system-aarch64", "qemu-system-arm"],
};

const checkEmulator = async (host: Host, architecture: Architecture): Promise<string> => {
  const [program, debian] = PROGRAMS[architecture];
  if ((await host.which(program)) === undefined) {
    throw new TareError(
      "host-unfit",
      `${program} was not found, which emulates ${architecture} guests`,
      `Debian: apt-get install ${debian}; or leave ${architecture} out with --arch`,
    );
  }
  const said = (await host.run(program, ["--version"])).stdout;
  const version = /version (\d+)[\d.]*/.exec(said);
  if (version === null || Number(version[1]) < OLDEST_EMULATOR) {
    throw new TareError(
      "host-unfit",
      `${program} is version ${version?.[0].slice("version ".length) ?? "(unknown)"}; emulated guests with newer kernels crash under it`,
      `QEMU ${OLDEST_EMULATOR} or newer is needed: Debian 12 has it in bookworm-backports (apt-get install -t bookworm-backports ${debian}), scripts/vagrant/lab.sh in a chroot`,
    );
  }
  return version[0].slice("version ".length);
};

const checkRoom = async (host: Host, folder: string): Promise<void> => {
  const free = known(await host.freeBytes(folder));
  if (free === undefined || free >= NEEDED_BYTES) return; // A folder that is not there yet says nothing.
  throw new TareError(
    "host-unfit",
    `${folder} has ${Math.floor(free / 2 ** 20)} MiB free; a virtual machine needs ${NEEDED_BYTES / 2 ** 20}`,
    "free some space; VAGRANT_HOME says where Vagrant keeps boxes",
  );
};
