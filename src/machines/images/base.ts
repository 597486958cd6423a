/** The guests' user space: which packages each flavour holds, and the archive made of them. It holds no kernel and nothing of tare. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { TareError } from "../../domain/errors.ts";
import { guestScript } from "../clone.ts";
import { ARCHITECTURES, type Architecture, NATIVE, parserOf, type Release } from "../guests.ts";
import { cached, hashOf, type Recipe } from "./cache.ts";
import { makeTree, type Packages } from "./debian.ts";
import { configure, register } from "./foreign.ts";
import { run } from "./shell.ts";

export type Flavour = "fast" | "systemd" | "agents" | "kubernetes";
export const parseFlavour = parserOf<Flavour>("--flavour", ["fast", "systemd", "agents", "kubernetes"]);

/** What the workloads, the sensor and the harness use, and the sensors of the tests. */
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

/** What a kubelet finds on its node, and what shows from outside whether an agent is off there. */
const FOR_KUBELET = [
  "apparmor",
  "bpftool",
  "containerd",
  "containernetworking-plugins",
  "iproute2",
  "iptables",
  "kmod",
  "procps",
  "runc",
];

const packagesOf = async (flavour: Flavour, release: Release): Promise<readonly string[]> => {
  // It reads the data sheets of all agents: no command that makes no guest should wait for that.
  const { agentPackages, usualPackages } = await import("../agent-lists.ts");
  switch (flavour) {
    case "fast":
      return [...COMMON, ...WITHOUT_ESSENTIALS];
    case "systemd":
      return [...new Set([...COMMON, ...SYSTEMD, ...usualPackages(release)])];
    case "agents":
      return [...new Set([...COMMON, ...SYSTEMD, ...FOR_TESTS, ...agentPackages(release)])];
    case "kubernetes":
      return [...new Set([...FOR_KUBELET, ...SYSTEMD])];
  }
};

/** What mmdebstrap's minbase adds to the packages that are named. */
const MINBASE = ["?essential", "?priority(required)", "apt"];

/**
 * An archive `root.tar` of one flavour. `fast` is unpacked only. The others are installed, those of the other architecture by what this
 * machine's architecture was configured with.
 */
export const baseRecipe = async (
  architecture: Architecture,
  flavour: Flavour,
  release: Release,
): Promise<Recipe> => {
  const { SERVICES } = await import("../agent-lists.ts");
  const packages = (await packagesOf(flavour, release)).toSorted();
  const name = `base-${architecture}-${flavour}`;
  const isFast = flavour === "fast";
  if (!isFast && architecture !== NATIVE)
    return await foreignRecipe(name, architecture, flavour, release, packages);
  const tree: Packages = {
    architecture,
    suites: [release],
    packages,
    variant: isFast ? "extract" : "minbase",
  };
  const script = guestScript(isFast ? "finish-fast.sh" : "finish-systemd.sh");
  const env = { TARE_SERVICES: SERVICES.join(" ") };
  return {
    name,
    inputs: { ...tree, finish: await readFile(script, "utf8"), env },
    ...(flavour === "agents"
      ? { megabytes: 5000, seconds: 240 }
      : { megabytes: 1000, seconds: isFast ? 20 : 60 }),
    build: async (folder, context) => {
      await makeTree(join(folder, "root.tar"), tree, context, { hook: script, env });
      return {};
    },
  };
};

const foreignRecipe = async (
  name: string,
  architecture: Architecture,
  flavour: Flavour,
  release: Release,
  packages: readonly string[],
): Promise<Recipe> => {
  if (NATIVE === undefined)
    throw new TareError(
      "host-unfit",
      `a guest of ${architecture} cannot be made on ${process.arch}`,
      `use a machine of ${ARCHITECTURES.join(" or ")}`,
    );
  const configured = await baseRecipe(NATIVE, flavour, release);
  const tree: Packages = {
    architecture,
    suites: [release],
    packages: [...MINBASE, ...packages],
    variant: "extract",
  };
  const own = await readFile(join(import.meta.dirname, "foreign.ts"), "utf8");
  return {
    name,
    inputs: { ...tree, configured: hashOf(configured.inputs), own: hashOf(own) },
    ...(flavour === "agents" ? { megabytes: 9000, seconds: 120 } : { megabytes: 1900, seconds: 40 }),
    build: async (folder, context) => {
      const from = await cached(configured, context);
      const [unpacked, example] = [join(folder, "unpacked"), join(folder, "configured")];
      await makeTree(unpacked, tree, context, { keepArchives: true });
      await mkdir(example);
      await run("tar", ["-C", example, "--numeric-owner", "-xpf", join(from.folder, "root.tar")]);
      const archives = join(unpacked, "var/cache/apt/archives");
      await register(unpacked, archives, architecture);
      await configure(unpacked, example);
      await rm(archives, { recursive: true });
      await run("tar", ["-C", unpacked, "--numeric-owner", "-cf", join(folder, "root.tar"), "."]);
      for (const rest of [unpacked, example]) await rm(rest, { recursive: true });
      return {};
    },
  };
};
