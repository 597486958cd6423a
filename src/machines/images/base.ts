/** The guests' user space: which packages each flavour holds, and the archive made of them. It holds no kernel and nothing of tare. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { guestScript } from "../clone.ts";
import { type Architecture, parserOf, type Release } from "../guests.ts";
import { withForeignPrograms } from "./binfmt.ts";
import type { Recipe } from "./cache.ts";
import { makeTree, type Packages } from "./debian.ts";

export type Flavour = "fast" | "systemd" | "agents";
export const parseFlavour = parserOf<Flavour>("--flavour", ["fast", "systemd", "agents"]);

/** What the workloads, the sensor and the harness use, and the sensors of a smoke run. */
const COMMON = [
  "auditd",
  "bpftool",
  "bpftrace",
  "busybox-static",
  "iproute2",
  "kmod",
  "libbpf-tools",
  "procps",
  "strace",
];

/** Without maintainer scripts, what every Debian has must be named too. */
const WITHOUT_ESSENTIALS = ["?essential", "mawk", "mount"];

const SYSTEMD = ["dbus", "make", "openssh-server", "rsync", "sudo", "systemd", "systemd-sysv", "udev"];

/** What tests of containers and of kernel modules use. */
const FOR_TESTS = ["conmon", "crun", "gcc", "libc6-dev", "nftables", "podman"];

const packagesOf = (flavour: Flavour, ofAgents: readonly string[]): readonly string[] => {
  switch (flavour) {
    case "fast":
      return [...COMMON, ...WITHOUT_ESSENTIALS];
    case "systemd":
      return [...COMMON, ...SYSTEMD];
    case "agents":
      return [...new Set([...COMMON, ...SYSTEMD, ...FOR_TESTS, ...ofAgents])];
  }
};

/** An archive `root.tar` of one flavour. `fast` is unpacked only; the others are installed, by qemu-user where that is needed. */
export const baseRecipe = async (
  architecture: Architecture,
  flavour: Flavour,
  release: Release,
): Promise<Recipe> => {
  // It reads the data sheets of all agents: no command that makes no guest should wait for that.
  const { SERVICES, agentPackages } = await import("../agent-lists.ts");
  const tree: Packages = {
    architecture,
    suites: [release],
    packages: packagesOf(flavour, agentPackages(release)).toSorted(),
    variant: flavour === "fast" ? "extract" : "minbase",
  };
  const script = guestScript(flavour === "fast" ? "finish-fast.sh" : "finish-systemd.sh");
  const env = { TARE_SERVICES: SERVICES.join(" ") };
  return {
    name: `base-${architecture}-${flavour}`,
    inputs: { ...tree, finish: await readFile(script, "utf8"), env },
    megabytes: flavour === "agents" ? 5000 : 2500,
    build: async (folder, context) => {
      const make = async (): Promise<void> =>
        await makeTree(join(folder, "root.tar"), tree, context, { script, env });
      await (flavour === "fast" ? make() : withForeignPrograms(architecture, context, make));
      return {};
    },
  };
};
