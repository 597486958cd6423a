/** `tare vms run`: flags -> guests -> one measured after the other -> one page over all of them. */
import { join, resolve } from "node:path";
import { EXIT, TareError, messageOf } from "../../domain/errors.ts";
import { renderComparisonTerminal } from "../../report/comparison/terminal.ts";
import { recordPath } from "../../record/files.ts";
import { readRecord } from "../../record/reader.ts";
import { acceleratorFor } from "../../vms/accelerator.ts";
import type { Accelerator } from "../../vms/accelerator.ts";
import { checkFitness } from "../../vms/fit.ts";
import { Forecast } from "../../vms/forecast.ts";
import { guestsOf } from "../../vms/guests.ts";
import type { Architecture, Guest } from "../../vms/guests.ts";
import { prepareGuest } from "../../vms/prepare.ts";
import type { GuestResult } from "../../vms/run-guests.ts";
import { runGuests } from "../../vms/run-guests.ts";
import type { GuestSettings } from "../../vms/vagrant.ts";
import { resultsOf } from "../../vms/vagrant.ts";
import { choose } from "../context.ts";
import type { CliContext } from "../context.ts";
import { writeJointReport } from "../joint-report.ts";
import { clock } from "../live-view.ts";
import { refuseSecondRun, undoLeftovers } from "../preflight.ts";
import { parseDuration, parseProfile, parseWhole } from "../run-options.ts";
import { createGuestView } from "./view.ts";

export interface VmsRunFlags {
  readonly arch: string;
  readonly kernel?: string;
  readonly profile: string;
  readonly agents?: string;
  readonly scenarios?: string;
  readonly blocks?: string;
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
  const limits = {
    bootSeconds: parseDuration("--boot-timeout", flags.bootTimeout),
    totalSeconds: parseDuration("--time-limit", flags.timeLimit),
  };
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
    provider,
    box: undefined,
    payload: undefined,
  };
  if (flags.dryRun === true) {
    sayPlan(context, flags, guests, accelerators, settings, profile.timeBudgetSeconds);
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
      ...limits,
      profileSeconds: profile.timeBudgetSeconds,
      signal: interruption.signal,
      tell: createGuestView(screen),
    });
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

/** A guest's run as the end of the command tells it. */
interface Told extends GuestResult {
  /** Why its record cannot be read; undefined when it can. */
  readonly unreadable: string | undefined;
}

const conclude = async (
  context: CliContext,
  flags: VmsRunFlags,
  run: string,
  results: readonly GuestResult[],
  interrupted: boolean,
): Promise<number> => {
  const { screen } = context;
  const told: Told[] = [];
  const records: string[] = [];
  for (const result of results) {
    const { outcome } = result;
    let unreadable: string | undefined;
    if (outcome.kind === "measured") {
      unreadable = await problemWith(context, result.guest, outcome.folder);
      if (unreadable === undefined) records.push(outcome.folder);
      else screen.warn(`${result.guest.id}: left out of the report: ${unreadable}`);
    }
    told.push({ ...result, unreadable });
  }
  let report: string | null = null;
  if (records.length > 0) {
    const target = flags.report ?? join(context.root, "reports", `${run}.vms.html`);
    const joint = await writeJointReport(context, records, target);
    report = joint.path;
    const { columns, colour } = screen;
    if (flags.json !== true) screen.result(renderComparisonTerminal(joint.comparison, { columns, colour }));
    screen.note(`wrote ${report}`);
  }
  if (flags.json === true) screen.result(JSON.stringify({ run, interrupted, report, guests: told }, null, 2));
  if (interrupted) return EXIT.interrupted;
  return exitCodeOf(told);
};

/** Why the record in a folder cannot be used; undefined when it can. A kernel other than the one asked for is only warned of. */
const problemWith = async (
  context: CliContext,
  guest: Guest,
  folder: string,
): Promise<string | undefined> => {
  try {
    const { header } = await readRecord(await recordPath(folder));
    const { kernel } = header.host;
    if (guest.kernel !== undefined && !kernel.startsWith(`${guest.kernel}.`))
      context.screen.warn(`${guest.id}: the box booted kernel ${kernel}, not ${guest.kernel}`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};

/** A guest without a result outweighs every verdict; of the verdicts the worst counts. */
const exitCodeOf = (told: readonly Told[]): number => {
  const codes = told.map(({ outcome, unreadable }) =>
    outcome.kind === "measured" && unreadable === undefined ? outcome.exitCode : EXIT.runFailed,
  );
  return (
    [EXIT.runFailed, EXIT.overBudget, EXIT.inconclusive].find((code) => codes.includes(code)) ??
    EXIT.withinBudget
  );
};

const sayPlan = (
  context: CliContext,
  flags: VmsRunFlags,
  guests: readonly Guest[],
  accelerators: Readonly<Record<Architecture, Accelerator>>,
  settings: GuestSettings,
  profileSeconds: number,
): void => {
  const forecast = new Forecast(profileSeconds);
  const rows = guests.map((guest) => {
    const accelerator = accelerators[guest.architecture];
    return {
      id: guest.id,
      accelerator,
      emulated: accelerator === "tcg",
      folder: resultsOf(settings, guest),
      seconds: Math.round(forecast.left(accelerator, "box", 0)),
    };
  });
  if (flags.json === true) {
    context.screen.result(
      JSON.stringify({ guests: rows, profile: settings.profile, boxes: flags.boxes }, null, 2),
    );
    return;
  }
  const total = rows.reduce((sum, row) => sum + row.seconds, 0);
  const width = Math.max(...rows.map((row) => row.id.length));
  context.screen.result(
    [
      `profile ${settings.profile}, boxes ${flags.boxes}, one after the other, about ${clock(total * 1000)} (minutes:seconds) without downloads`,
      ...rows.map(
        (row) =>
          `  ${row.id.padEnd(width)}  ${row.accelerator}${row.emulated ? " (emulated: functional, no performance verdict)" : ""}  about ${clock(row.seconds * 1000)}  ${row.folder}`,
      ),
    ].join("\n"),
  );
};
