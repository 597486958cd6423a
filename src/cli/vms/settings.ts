/** The flags of `tare vms run`, with defaults from the environment: the same variables that `vagrant up` reads. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ARCHITECTURES } from "../../machines/guests.ts";
import { labFolder } from "../../machines/setup/lab.ts";
import type { BoxSource, Room } from "../../machines/vagrant/fit.ts";
import type { GuestSettings } from "../../machines/vagrant/vagrant.ts";
import { quoted as alwaysQuoted } from "../../machines/quoted.ts";
import { parseWhole } from "../flags.ts";

export interface VmsRunFlags {
  readonly arch: string;
  readonly kernel?: string;
  readonly profile?: string;
  readonly agents?: string;
  readonly agentsFrom?: string;
  readonly scenarios?: string;
  readonly blocks?: string;
  readonly budget?: string;
  readonly provider?: string;
  readonly boxes?: BoxSource;
  /** False with --no-setup. */
  readonly setup: boolean;
  readonly bootTimeout?: string;
  readonly timeLimit?: string;
  readonly keep?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export interface VmsSettings extends VmsRunFlags {
  readonly profile: string;
  readonly bootTimeout: string;
  /** Words of TARE_BENCH_ARGUMENTS; flags come after them and win. */
  readonly benchArguments: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

export const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

export const withEnvironment = (flags: VmsRunFlags, env: Environment): VmsSettings => {
  const bootSeconds = nonEmpty(env["TARE_VM_BOOT_TIMEOUT"]);
  const defaults = {
    kernel: nonEmpty(env["TARE_VM_KERNEL"]),
    agents: nonEmpty(env["TARE_AGENTS"]),
    agentsFrom: nonEmpty(env["TARE_VM_AGENTS_FROM"]),
    budget: nonEmpty(env["TARE_BUDGET"]),
    provider: nonEmpty(env["VAGRANT_DEFAULT_PROVIDER"]),
    out: nonEmpty(env["TARE_RESULTS"]),
  };
  return {
    profile: nonEmpty(env["TARE_PROFILE"]) ?? "quick",
    bootTimeout: bootSeconds === undefined ? "15m" : `${parseWhole("TARE_VM_BOOT_TIMEOUT", bootSeconds, 1)}s`,
    ...Object.fromEntries(Object.entries(defaults).filter(([, text]) => text !== undefined)),
    ...flags,
    benchArguments: (env["TARE_BENCH_ARGUMENTS"] ?? "").split(/\s+/).filter((word) => word !== ""),
  };
};

/** A box as it is unpacked, the disk that the provider makes of it, what the guest writes. */
const MACHINE_BYTES = 4 * 2 ** 30;
const RESULTS_BYTES = 256 * 2 ** 20;

const FREE_FOR_RESULTS = "free some space; --out says where results go";

/** In the lab all of it is thrown away at the end, and lies in the cache until then. */
export const labRoomsOf = (results: string): readonly Room[] => [
  {
    folder: dirname(labFolder()),
    bytes: MACHINE_BYTES,
    hint: "free some space, or set TARE_VM_CACHE to a folder with more",
  },
  { folder: results, bytes: RESULTS_BYTES, hint: FREE_FOR_RESULTS },
];

export const roomsOf = (root: string, results: string, provider: string): readonly Room[] => {
  const { env } = process;
  const home = env["HOME"] ?? "/";
  // These two keep a guest's disk with Vagrant's state of it, the others below the home folder.
  const withState = ["qemu", "vmware_desktop"].includes(provider) ? join(root, "build/vms") : home;
  return [
    {
      folder: nonEmpty(env["VAGRANT_HOME"]) ?? join(home, ".vagrant.d"),
      bytes: MACHINE_BYTES,
      hint: "free some space; VAGRANT_HOME says where Vagrant keeps boxes",
    },
    {
      folder: provider === "libvirt" ? "/var/lib/libvirt/images" : withState,
      bytes: MACHINE_BYTES,
      hint: "free some space: the disks of guests are there",
    },
    { folder: results, bytes: RESULTS_BYTES, hint: FREE_FOR_RESULTS },
  ];
};

/** What Vagrant reads and writes outside of the checkout and the cache: the lab is told of it. Vagrant's paths begin at the checkout. */
export const sharedPaths = (settings: GuestSettings, env: Environment): readonly string[] => {
  const files = ARCHITECTURES.flatMap((architecture) =>
    ["BOX", "PAYLOAD"].map((kind) => env[`TARE_${kind}_${architecture.toUpperCase()}`] ?? ""),
  )
    .filter((path) => path !== "")
    .map((path) => resolve(settings.root, path))
    .flatMap((path) => [path, `${path}.sha256`])
    .filter((path) => existsSync(path));
  const own = [settings.results, settings.agentsFrom, settings.budget];
  return [...own.filter((path) => path !== undefined), ...files];
};

/** A word as a shell takes it. */
export const quoted = (word: string): string => (/^[\w./:=,+@%-]+$/.test(word) ? word : alwaysQuoted(word));

/** The command that is being run, as one types it in a clone. */
export const commandLine = (args: readonly string[] = process.argv.slice(2)): string =>
  ["npm run tare --", ...args.map(quoted)].join(" ");
