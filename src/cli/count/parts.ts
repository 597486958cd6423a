/** What a count boots: QEMU, Debian's kernel, and a file system for each agent. Made once and kept by content. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Agent, GuestStart } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { Scenario } from "../../domain/scenario.ts";
import { FAMILIES } from "../../domain/units.ts";
import { architectureOfKernel } from "../../machines/counting/kernel-image.ts";
import { digestOf, type Initramfs, makeInitramfs } from "../../machines/counting/initramfs.ts";
import { compilersOf } from "../../machines/images/programs.ts";
import { type Architecture, FACTS, NEWEST_KERNEL } from "../../machines/guests.ts";
import { cached } from "../../machines/images/cache.ts";
import { hostRelease } from "../../machines/images/mirror.ts";
import { kernelRecipe } from "../../machines/images/kernel.ts";
import { findQemu, type Qemu } from "../../machines/images/qemu.ts";
import type { BuildContext } from "../../machines/images/shell.ts";
import type { CountSettings } from "./settings.ts";

export interface CountedGuest {
  readonly agent: Agent;
  readonly start: GuestStart;
  readonly initramfs: Initramfs;
}

export interface Parts {
  readonly qemu: Qemu;
  readonly vmlinuz: string;
  readonly kernelDigest: string;
  readonly compilers: string;
  readonly guests: readonly CountedGuest[];
}

/** In the guest, as scripts/machines/guest/count.sh lays it out. */
const IN_GUEST = { directory: "/run/agent", build: "/tare/build", watchedDirectory: "/run/work" } as const;

export const startOf = async (
  host: Host,
  agent: Agent,
  architecture: Architecture,
  scenarios: readonly Scenario[],
): Promise<GuestStart> => {
  const wanted = new Set(scenarios.flatMap(({ emits }) => emits?.family ?? []));
  const families = FAMILIES.filter((family) => wanted.has(family) && agent.observes.includes(family));
  if (agent.inGuest === undefined) throw new RangeError(`${agent.id} has no start in a guest`);
  return await agent.inGuest(host, {
    ...IN_GUEST,
    families,
    arch: FACTS[architecture].uname,
    release: await hostRelease(),
  });
};

const KERNEL_HINT = "it takes what a boot loader takes, such as /boot/vmlinuz-VERSION";

/** @throws TareError `usage` for a kernel that is not there, or of another architecture */
const vmlinuzOf = async (
  architecture: Architecture,
  kernel: string | undefined,
  context: BuildContext,
): Promise<string> => {
  if (kernel === undefined) {
    const { folder } = await cached(await kernelRecipe(architecture, NEWEST_KERNEL, false), context);
    return join(folder, "vmlinuz");
  }
  if (!existsSync(kernel)) throw new TareError("usage", `--kernel ${kernel}: no such file`, KERNEL_HINT);
  const found = await architectureOfKernel(kernel);
  if (found !== architecture)
    throw new TareError(
      "usage",
      `--kernel ${kernel}: ${found === undefined ? "it is no kernel's image" : `it is for ${found}`}, and the guest is ${architecture}`,
      KERNEL_HINT,
    );
  return resolve(kernel);
};

export const makeParts = async (
  host: Host,
  architecture: Architecture,
  { agents, scenarios, kernel }: Pick<CountSettings, "agents" | "scenarios" | "kernel">,
  context: BuildContext,
): Promise<Parts> => {
  const vmlinuz = await vmlinuzOf(architecture, kernel, context);
  const qemu = await findQemu(architecture, context);
  const guests: CountedGuest[] = [];
  const workloads = scenarios
    .flatMap(({ driver }) => (driver.kind === "native" ? [driver.program] : []))
    .toSorted();
  for (const agent of agents) {
    const start = await startOf(host, agent, architecture, scenarios);
    const initramfs = await makeInitramfs(architecture, agent.id, { ...start, workloads }, context);
    guests.push({ agent, start, initramfs });
  }
  const compilers = await compilersOf(architecture, context);
  return { qemu, vmlinuz, kernelDigest: await digestOf(vmlinuz), compilers, guests };
};
