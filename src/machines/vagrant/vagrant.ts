/** How Vagrant is called for a guest: its settings go to the Vagrantfile as environment variables (docs/vms.md). */
import type { Guest } from "../guests.ts";
import { sweepLab } from "../setup/lab.ts";

export interface GuestSettings {
  /** Begins the names of the run's folders: `<run>.<architecture>`. */
  readonly run: string;
  /** The checkout, with the Vagrantfile. */
  readonly root: string;
  readonly results: string;
  readonly profile: string;
  readonly agents: string | undefined;
  /** Absolute path of a folder with vendors' releases (agents-from.ts). */
  readonly agentsFrom: string | undefined;
  /** Further arguments of `tare run` in the guest, each without white space. */
  readonly benchArguments: readonly string[];
  readonly budget: string | undefined;
  readonly provider: string | undefined;
  readonly bootSeconds: number;
  /** A box that was built here; undefined: the box that the environment or the Vagrantfile names. */
  readonly box: string | undefined;
  /** What to put before `vagrant` so that it runs in the lab (setup/lab.ts); undefined: it runs on this machine. */
  readonly lab: readonly string[] | undefined;
  /** node_modules and build/ for the guest; undefined: the one that the environment names, or none. */
  readonly payload: string | undefined;
}

/** Vagrant's state, the log and the serial console of a guest lie here; a kept guest is found again by this folder. */
export const folderOf = (root: string, id: string): string => `${root}/build/vms/${id}`;
export const logOf = (root: string, id: string): string => `${folderOf(root, id)}/vagrant.log`;
export const serialOf = (root: string, id: string): string => `${folderOf(root, id)}/serial.log`;
const dotfileOf = (root: string, id: string): string => `${folderOf(root, id)}/vagrant`;

const runOf = (run: string, guest: Guest): string =>
  guest.kernel === undefined ? run : `${run}-${guest.kernel}`;

export const resultsOf = (settings: GuestSettings, guest: Guest): string =>
  `${settings.results}/${runOf(settings.run, guest)}.${guest.architecture}`;

export const identityOf = (root: string, guest: Guest): Readonly<Record<string, string>> => ({
  VAGRANT_CWD: root,
  VAGRANT_DOTFILE_PATH: dotfileOf(root, guest.id),
  TARE_VM_PREFIX: guest.kernel === undefined ? "tare-" : `tare-${guest.kernel}-`,
});

/** Every variable that a flag decides is set, if only to nothing: the environment's value has become the flag's default. */
export const environmentOf = (settings: GuestSettings, guest: Guest): Readonly<Record<string, string>> => {
  const suffix = guest.architecture.toUpperCase();
  return {
    ...identityOf(settings.root, guest),
    TARE_RUN: runOf(settings.run, guest),
    TARE_RESULTS: settings.results,
    TARE_PROFILE: settings.profile,
    TARE_VM_BOOT_TIMEOUT: String(Math.ceil(settings.bootSeconds)),
    TARE_VM_SERIAL: serialOf(settings.root, guest.id),
    TARE_BENCH_ARGUMENTS: settings.benchArguments.join(" "),
    TARE_AGENTS: settings.agents ?? "",
    TARE_BUDGET: settings.budget ?? "",
    TARE_VM_AGENTS_FROM: settings.agentsFrom ?? "",
    TARE_VM_KERNEL: guest.kernel ?? "",
    ...(settings.box === undefined ? {} : { [`TARE_BOX_${suffix}`]: settings.box }),
    ...(settings.payload === undefined ? {} : { [`TARE_PAYLOAD_${suffix}`]: settings.payload }),
  };
};

const upArguments = (settings: GuestSettings, guest: Guest, keep: boolean): readonly string[] => [
  "up",
  guest.architecture,
  "--provision",
  // An interrupted or failed Vagrant destroys what it has begun, by default.
  ...(keep ? ["--no-destroy-on-error"] : []),
  "--no-color",
  "--no-tty",
  ...(settings.provider === undefined ? [] : ["--provider", settings.provider]),
];

export const upCommand = (settings: GuestSettings, guest: Guest, keep: boolean): readonly string[] => [
  ...(settings.lab ?? []),
  "vagrant",
  ...upArguments(settings, guest, keep),
];

/** What takes down all that is left of a guest, at any time: in the lab, the guest itself ends with it. */
export const undoCommand = (settings: GuestSettings, guest: Guest): readonly string[] =>
  settings.lab === undefined ? destroyCommand(settings.root, guest) : sweepLab();

/** A command line that destroys the guest from anywhere and at any time, as `tare clean` does after a crash. */
export const destroyCommand = (root: string, guest: Guest): readonly string[] => [
  "env",
  ...Object.entries(identityOf(root, guest)).map(([name, text]) => `${name}=${text}`),
  "vagrant",
  "destroy",
  "--force",
  "--no-color",
  "--no-tty",
  guest.architecture,
];
