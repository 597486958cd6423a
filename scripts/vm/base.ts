/** The guests' user space: which packages each flavour holds, and the archive made of them. It holds no kernel and nothing of tare. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import { withForeignPrograms } from "./binfmt.ts";
import type { Recipe } from "./cache.ts";
import { EPOCH_SECONDS, makeTree, scriptPath } from "./debian.ts";
import type { Packages } from "./debian.ts";

export type Flavour = "fast" | "systemd" | "agents";
export const FLAVOURS: readonly Flavour[] = ["fast", "systemd", "agents"];

export const flavourOf = (name: string): Flavour => {
  const found = FLAVOURS.find((flavour) => flavour === name);
  if (found !== undefined) return found;
  throw new TareError("usage", `--flavour is "${name}"`, `it can be ${FLAVOURS.join(", ")}`);
};

/** What the workloads, the sensor and the harness use, and the sensors that need no daemon manager. */
const COMMON = [
  "auditd",
  "bpftool",
  "bpftrace",
  "busybox-static",
  "hostname",
  "iproute2",
  "kmod",
  "libbpf-tools",
  "libelf1",
  "libstdc++6",
  "procps",
  "strace",
  "util-linux",
  "zlib1g",
];

/** Without maintainer scripts, what every Debian has must be named too. */
const WITHOUT_ESSENTIALS = [
  "base-files",
  "base-passwd",
  "bash",
  "coreutils",
  "dash",
  "diffutils",
  "findutils",
  "grep",
  "gzip",
  "libc-bin",
  "mawk",
  "mount",
  "sed",
  "tar",
];

const SYSTEMD = [
  "dbus",
  "make",
  "openssh-server",
  "rsync",
  "sudo",
  "systemd",
  "systemd-boot-efi",
  "systemd-sysv",
  "udev",
];

/** Sensors that want kprobes, systemd, cgroup v2 or headers to build against. */
const AGENTS = [
  "acct",
  "bpfcc-tools",
  "conmon",
  "crun",
  "fapolicyd",
  "fatrace",
  "forkstat",
  "gcc",
  "iptables",
  "laurel",
  "libc6-dev",
  "linux-perf",
  "nftables",
  "opensnitch",
  "podman",
  "snoopy",
];

/** Sensors, and parts of them, that one release has and the other has not. */
const AGENTS_OF: Readonly<Record<string, readonly string[]>> = {
  // The source of sysdig's kernel module; it is compiled in the guest.
  bookworm: ["falcosecurity-scap-dkms", "sysdig"],
  trixie: ["opensnitch-ebpf-modules"],
};

const packagesOf = (flavour: Flavour, suite: string): readonly string[] => {
  switch (flavour) {
    case "fast":
      return [...COMMON, ...WITHOUT_ESSENTIALS];
    case "systemd":
      return [...COMMON, ...SYSTEMD];
    case "agents":
      return [...COMMON, ...SYSTEMD, ...AGENTS, ...(AGENTS_OF[suite] ?? [])];
  }
};

/** An archive `root.tar` of one flavour. `fast` is unpacked only; the others are installed, by qemu-user where that is needed. */
export const baseRecipe = async (
  architecture: Architecture,
  flavour: Flavour,
  suite: string,
): Promise<Recipe> => {
  const finish = scriptPath(flavour === "fast" ? "finish-fast.sh" : "finish-systemd.sh");
  const tree: Packages = {
    arch: architecture.arch,
    suites: [suite],
    packages: packagesOf(flavour, suite).toSorted(),
    variant: flavour === "fast" ? "extract" : "minbase",
    finish: [finish],
  };
  return {
    name: `base-${architecture.arch}-${flavour}`,
    inputs: { ...tree, finish: await readFile(finish, "utf8"), epoch: EPOCH_SECONDS },
    megabytes: flavour === "agents" ? 5000 : 2500,
    build: async (folder) => {
      const make = async (): Promise<void> => {
        await makeTree(join(folder, "root.tar"), tree);
      };
      if (tree.variant === "extract") await make();
      else await withForeignPrograms(architecture, make);
      return { suite };
    },
  };
};
