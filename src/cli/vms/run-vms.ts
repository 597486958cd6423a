/** `tare vms run`: flags -> what is missing -> guests, turn by turn -> one page over all of them. */
import { join, resolve } from "node:path";
import { EXIT, TareError } from "../../domain/errors.ts";
import { baseOf } from "../../domain/installed.ts";
import { checkAgentsFrom } from "../../machines/vagrant/agents-from.ts";
import { acceleratorsOf, refuseBuilt } from "../../machines/vagrant/fit.ts";
import { Forecast } from "../../machines/vagrant/forecast.ts";
import { guestsOf } from "../../machines/guests.ts";
import { inLab } from "../../machines/setup/lab.ts";
import { choosePlace, type Place } from "../../machines/setup/place.ts";
import { createSpent } from "../../machines/setup/spent.ts";
import { partsOf, prepare, type Ready, type Wanted } from "../../machines/setup/prepare.ts";
import { interruptible } from "../../session/interruptible.ts";
import { parseTimeoutScale } from "../../machines/vagrant/timeout-scale.ts";
import { runGuests } from "../../machines/vagrant/run-guests.ts";
import { emulatedAtOnce, turnsOf, turnsText } from "../../machines/vagrant/turns.ts";
import type { GuestSettings } from "../../machines/vagrant/vagrant.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { choose } from "../../session/chosen.ts";
import type { CliContext } from "../context.ts";
import { refuseSecondRun, undoLeftovers } from "../../session/preflight.ts";
import { parseDuration, parseNames, parseWhole } from "../flags.ts";
import { readBudgets } from "../../session/budgets.ts";
import { conclude } from "./conclude.ts";
import { guestsText } from "./guests-text.ts";
import { runSeconds } from "./run-seconds.ts";
import { sayPlace, sayParts, sayReady } from "./say-setup.ts";
import {
  commandLine,
  labRoomsOf,
  nonEmpty,
  roomsOf,
  sharedPaths,
  type VmsRunFlags,
  type VmsSettings,
  withEnvironment,
} from "./settings.ts";
import { createGuestView } from "./view.ts";

export const runVms = async (context: CliContext, given: VmsRunFlags): Promise<number> => {
  const { host, screen } = context;
  const { env } = process;
  const flags = withEnvironment(given, env);
  const [profile = PROFILES.quick] = choose("profile", [flags.profile], new Map(Object.entries(PROFILES)));
  const guests = guestsOf(flags.arch, flags.kernel);
  const asked = flags.provider;
  if (flags.boxes === "built") refuseBuilt(asked);
  const benchArguments = await benchArgumentsOf(context, flags);
  if (flags.agentsFrom !== undefined) {
    const agents = [...(await context.agents()).values()];
    const released = agents.flatMap(({ id, release }) => (release === undefined ? [] : [baseOf(id)]));
    await checkAgentsFrom(host, resolve(flags.agentsFrom), guests, [...new Set(released)]);
  }
  const limit = flags.timeLimit === undefined ? undefined : parseDuration("--time-limit", flags.timeLimit);
  const forecast = new Forecast(
    await runSeconds(context, flags, profile, parseTimeoutScale(env["TARE_VM_TIMEOUT_SCALE"])),
  );
  const run = host.date().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-");
  const results = resolve(flags.out ?? join(context.host.root, "results"));
  const keep = flags.keep === true;
  const settings: GuestSettings = {
    run,
    root: context.host.root,
    results,
    profile: profile.id,
    agents: flags.agents,
    agentsFrom: flags.agentsFrom === undefined ? undefined : resolve(flags.agentsFrom),
    benchArguments,
    budget: flags.budget === undefined ? undefined : resolve(flags.budget),
    provider: asked,
    bootSeconds: parseDuration("--boot-timeout", flags.bootTimeout),
    box: undefined,
    payload: undefined,
    lab: undefined,
  };
  const setup = { setup: flags.setup, uid: host.uid, command: commandLine() };
  const whereFor = async (): Promise<Place> =>
    await choosePlace({
      ...setup,
      host,
      guests,
      asked,
      preferred: nonEmpty(env["VAGRANT_PREFERRED_PROVIDERS"]),
      keep,
      labRooms: labRoomsOf(results),
      accelerator: env["TARE_VM_ACCEL"],
      boxes: flags.boxes,
      roomsOf: (provider) => roomsOf(context.host.root, results, provider),
    });
  if (flags.dryRun === true) {
    const place = await whereFor().catch((error: unknown) => {
      if (error instanceof TareError) return error;
      throw error;
    });
    const parts = place instanceof TareError ? [] : await partsOf({ place, guests, boxes: flags.boxes, env });
    const accelerators = await acceleratorsOf(host, asked, env["TARE_VM_ACCEL"]);
    const turns = turnsOf(guests, accelerators, await emulatedAtOnce(host, env["TARE_VM_MEMORY"]));
    screen.result(guestsText(flags, { guests, turns, accelerators, settings, forecast, place, parts }));
    return EXIT.withinBudget;
  }

  await undoLeftovers(context);
  await refuseSecondRun(context);
  const place = await whereFor();
  const provider = place.kind === "lab" ? "libvirt" : place.vagrant.provider;
  const accelerators = await acceleratorsOf(host, provider, env["TARE_VM_ACCEL"]);
  const turns = turnsOf(guests, accelerators, await emulatedAtOnce(host, env["TARE_VM_MEMORY"]));
  sayPlace(screen, place, guests, accelerators);
  if (guests.length > 1) screen.info(`measured: ${turnsText(turns)}`);
  const wanted: Wanted = { place, guests, boxes: flags.boxes, env };
  if (flags.setup) sayParts(screen, await partsOf(wanted));
  const spent = createSpent(() => host.now());
  const ready = await interruptible(
    (name) =>
      new TareError(
        "interrupted",
        `interrupted by ${name} while making what the guests need`,
        "what was begun is removed; what was done is kept, and the next run goes on from there",
      ),
    async (signal) => await prepare(wanted, setup, { ...screen, signal }, spent),
  );
  sayReady(screen, guests, ready);
  const settingsFor = (made: Ready): GuestSettings => ({
    ...settings,
    provider,
    ...made,
    lab: place.kind === "lab" ? inLab(sharedPaths(settings, env)) : undefined,
  });

  const before = (host.now() - context.startedMs) / 1000;
  const measure = async (signal: AbortSignal) =>
    await runGuests({
      host,
      guests,
      turns,
      accelerators,
      settingsOf: async (guest) => {
        const made = ready.get(guest.id);
        if (made === undefined || made instanceof TareError)
          throw made ?? new Error(`${guest.id} was not prepared`);
        return settingsFor(made);
      },
      keep,
      totalSeconds:
        limit ?? Math.max(...guests.map((guest) => forecast.limit(accelerators[guest.architecture]))),
      forecast,
      signal,
      emit: createGuestView(screen),
    });
  const {
    results: measured,
    interrupted,
    seconds,
  } = await interruptible((name) => {
    const then = keep ? "keeping the virtual machine (--keep)" : "destroying the virtual machine";
    screen.info(`${name}: stopping Vagrant, then ${then} ...`);
    return new TareError(
      "interrupted",
      `interrupted by ${name}`,
      "results of guests that were done are kept",
    );
  }, measure);
  if (keep)
    screen.info(
      "kept as asked: `tare vms list` shows the virtual machines, `tare vms destroy` takes them down",
    );
  return await conclude(context, flags, run, measured, interrupted, {
    before,
    making: spent.stages,
    guests: seconds,
  });
};

/** Mistyped names are found here and not minutes later in a guest. */
const benchArgumentsOf = async (context: CliContext, flags: VmsSettings): Promise<readonly string[]> => {
  if (flags.agents !== undefined) choose("agent", parseNames(flags.agents), await context.agents());
  if (flags.scenarios !== undefined)
    choose("scenario", parseNames(flags.scenarios), await context.scenarios());
  if (flags.blocks !== undefined) parseWhole("--blocks", flags.blocks, 1);
  if (flags.budget !== undefined)
    await readBudgets(context.host, flags.budget, [...(await context.scenarios()).keys()]);
  return [
    ...flags.benchArguments,
    ...(flags.scenarios === undefined ? [] : ["--scenarios", flags.scenarios.replaceAll(" ", "")]),
    ...(flags.blocks === undefined ? [] : ["--blocks", flags.blocks]),
  ];
};
