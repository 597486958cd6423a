/** `tare vms run`: flags -> guests -> one measured after the other -> one page over all of them. */
import { join, resolve } from "node:path";
import { EXIT, TareError } from "../../domain/errors.ts";
import { acceleratorFor } from "../../vms/accelerator.ts";
import type { Accelerator } from "../../vms/accelerator.ts";
import { checkFitness } from "../../vms/fit.ts";
import { guestsOf } from "../../vms/guests.ts";
import type { Architecture } from "../../vms/guests.ts";
import { prepareGuest } from "../../vms/prepare.ts";
import { runGuests } from "../../vms/run-guests.ts";
import type { GuestSettings } from "../../vms/vagrant.ts";
import { choose } from "../context.ts";
import type { CliContext } from "../context.ts";
import { refuseSecondRun, undoLeftovers } from "../preflight.ts";
import { parseDuration, parseProfile, parseWhole } from "../run-options.ts";
import { readBudgets } from "../read-budgets.ts";
import { conclude } from "./conclude.ts";
import { sayGuests } from "./say-guests.ts";
import { createGuestView } from "./view.ts";

export interface VmsRunFlags {
  readonly arch: string;
  readonly kernel?: string;
  readonly profile: string;
  readonly agents?: string;
  readonly scenarios?: string;
  readonly blocks?: string;
  readonly budget?: string;
  readonly provider?: string;
  readonly boxes: "named" | "built";
  readonly bootTimeout: string;
  readonly timeLimit: string;
  readonly keep?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Returns the exit code. */
export const runVms = async (context: CliContext, flags: VmsRunFlags): Promise<number> => {
  const { host, screen } = context;
  const profile = parseProfile(flags.profile);
  const guests = guestsOf(flags.arch, flags.kernel);
  const benchArguments = await benchArgumentsOf(context, flags);
  const totalSeconds = parseDuration("--time-limit", flags.timeLimit);
  const accelerators = await acceleratorsOf(context);
  const run = host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-");
  const results = resolve(flags.out ?? join(context.root, "results"));
  const provider = flags.provider ?? nonEmpty(process.env["VAGRANT_DEFAULT_PROVIDER"]);
  const settings: GuestSettings = {
    run,
    root: context.root,
    results,
    profile: profile.id,
    agents: flags.agents,
    benchArguments,
    budget: flags.budget === undefined ? undefined : resolve(flags.budget),
    provider,
    bootSeconds: parseDuration("--boot-timeout", flags.bootTimeout),
    box: undefined,
    payload: undefined,
  };
  if (flags.dryRun === true) {
    sayGuests(context, flags, guests, accelerators, settings, profile.timeBudgetSeconds);
    return EXIT.withinBudget;
  }

  await undoLeftovers(context);
  await refuseSecondRun(context);
  const fitness = await checkFitness({
    host,
    guests,
    accelerators,
    provider,
    folders: [
      context.root,
      process.env["VAGRANT_HOME"] ?? process.env["HOME"] ?? "/",
      "/var/lib/libvirt/images",
    ],
  });
  screen.note(`Vagrant ${fitness.vagrant}, provider ${fitness.provider ?? "as Vagrant chooses"}`);
  for (const [architecture, version] of Object.entries(fitness.emulators))
    screen.note(`${architecture} is emulated (QEMU ${version}): it says what works, not what it costs`);

  const interruption = interruptible(context, flags.keep === true);
  try {
    const { results: measured, interrupted } = await runGuests({
      host,
      guests,
      accelerators,
      settingsOf: async (guest) =>
        flags.boxes === "built"
          ? {
              ...settings,
              provider: fitness.provider,
              ...(await prepareGuest(host, guest, interruption.signal)),
            }
          : { ...settings, provider: fitness.provider },
      keep: flags.keep === true,
      totalSeconds,
      profileSeconds: profile.timeBudgetSeconds,
      signal: interruption.signal,
      tell: createGuestView(screen),
    });
    if (flags.keep === true)
      screen.note(
        "kept as asked: `tare vms list` shows the virtual machines, `tare vms destroy` takes them down",
      );
    return await conclude(context, flags, run, measured, interrupted);
  } finally {
    interruption.release();
  }
};

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

const acceleratorsOf = async (context: CliContext): Promise<Readonly<Record<Architecture, Accelerator>>> => {
  const asked = process.env["TARE_VM_ACCEL"];
  return {
    amd64: await acceleratorFor(context.host, "amd64", asked),
    arm64: await acceleratorFor(context.host, "arm64", asked),
  };
};

/** Mistyped names are found here and not minutes later in a guest. */
const benchArgumentsOf = async (context: CliContext, flags: VmsRunFlags): Promise<readonly string[]> => {
  if (flags.agents !== undefined) choose("agent", flags.agents, await context.agents());
  if (flags.scenarios !== undefined) choose("scenario", flags.scenarios, await context.scenarios());
  if (flags.blocks !== undefined) parseWhole("--blocks", flags.blocks, 1);
  if (flags.budget !== undefined) await readBudgets(flags.budget, [...(await context.scenarios()).keys()]);
  return [
    ...(flags.scenarios === undefined ? [] : ["--scenarios", flags.scenarios.replaceAll(" ", "")]),
    ...(flags.blocks === undefined ? [] : ["--blocks", flags.blocks]),
  ];
};

/** Until released, a signal asks for an orderly end: the guest that runs is destroyed, or kept as asked. */
const interruptible = (
  context: CliContext,
  keep: boolean,
): { readonly signal: AbortSignal; readonly release: () => void } => {
  const interruption = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interruption.signal.aborted) return;
    context.screen.note(
      `${signal}: stopping Vagrant, then ${keep ? "keeping the virtual machine (--keep)" : "destroying the virtual machine"} ...`,
    );
    interruption.abort(
      new TareError("interrupted", `interrupted by ${signal}`, "results of guests that were done are kept"),
    );
  };
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: interruption.signal,
    release: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
};
