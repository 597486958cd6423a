/** `tare vms run`: flags -> guests -> one measured after the other -> one page over all of them. */
import { join, resolve } from "node:path";
import { EXIT, TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { baseOf } from "../../domain/installed.ts";
import { type Accelerator, acceleratorFor, parseAccelerator } from "../../machines/vagrant/accelerator.ts";
import { checkAgentsFrom } from "../../machines/vagrant/agents-from.ts";
import { findVagrant } from "../../machines/vagrant/find-vagrant.ts";
import { checkFitness, refuseBuilt } from "../../machines/vagrant/fit.ts";
import { Forecast } from "../../machines/vagrant/forecast.ts";
import { type Architecture, guestsOf } from "../../machines/guests.ts";
import { makeBox } from "../../machines/images/box.ts";
import { makePayload } from "../../machines/images/payload.ts";
import { interruptible } from "../../session/interruptible.ts";
import { parseTimeoutScale } from "../../machines/vagrant/timeout-scale.ts";
import { runGuests } from "../../machines/vagrant/run-guests.ts";
import type { GuestSettings } from "../../machines/vagrant/vagrant.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { choose } from "../../session/chosen.ts";
import type { CliContext } from "../context.ts";
import { refuseSecondRun, undoLeftovers } from "../../session/preflight.ts";
import { parseDuration, parseNames, parseWhole } from "../flags.ts";
import { readBudgets } from "../../session/budgets.ts";
import { conclude } from "./conclude.ts";
import { runSeconds } from "./run-seconds.ts";
import { nonEmpty, roomsOf, type VmsRunFlags, type VmsSettings, withEnvironment } from "./settings.ts";
import { guestsText } from "./guests-text.ts";
import { createGuestView } from "./view.ts";

export const runVms = async (context: CliContext, given: VmsRunFlags): Promise<number> => {
  const { host, screen } = context;
  const { env } = process;
  const flags = withEnvironment(given, env);
  const [profile = PROFILES.quick] = choose("profile", [flags.profile], new Map(Object.entries(PROFILES)));
  const guests = guestsOf(flags.arch, flags.kernel);
  const asked = flags.provider;
  const acceleratorNamed = parseAccelerator(env["TARE_VM_ACCEL"]) !== undefined;
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
  };
  if (flags.dryRun === true) {
    const accelerators = await acceleratorsOf(host, asked);
    screen.result(guestsText(flags, guests, accelerators, settings, forecast));
    return EXIT.withinBudget;
  }

  await undoLeftovers(context);
  await refuseSecondRun(context);
  const vagrant = await findVagrant(host, asked, nonEmpty(env["VAGRANT_PREFERRED_PROVIDERS"]));
  const { provider } = vagrant;
  const accelerators = await acceleratorsOf(host, provider);
  const emulators = await checkFitness({
    host,
    guests,
    vagrant,
    accelerators,
    acceleratorNamed,
    boxes: flags.boxes,
    namedBoxes: { amd64: env["TARE_BOX_AMD64"] ?? "", arm64: env["TARE_BOX_ARM64"] ?? "" },
    rooms: roomsOf(context.host.root, results, provider),
  });
  screen.info(`Vagrant ${vagrant.version}, provider ${provider}`);
  for (const [architecture, version] of Object.entries(emulators))
    screen.info(`${architecture} is emulated (QEMU ${version}): it says what works, not what it costs`);

  const keep = flags.keep === true;
  const before = (host.now() - context.startedMs) / 1000;
  const measure = async (signal: AbortSignal) => {
    const building = { ...screen, signal };
    return await runGuests({
      host,
      guests,
      accelerators,
      settingsOf: async (guest) => {
        if (flags.boxes === "named") return { ...settings, provider };
        const box = await makeBox(guest.architecture, guest.kernel, building);
        return { ...settings, provider, box, payload: await makePayload(guest.architecture, building) };
      },
      keep,
      totalSeconds:
        limit ?? Math.max(...guests.map((guest) => forecast.limit(accelerators[guest.architecture]))),
      forecast,
      signal,
      emit: createGuestView(screen),
    });
  };
  const { results: measured, interrupted } = await interruptible((name) => {
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
  return await conclude(context, flags, run, measured, interrupted, { before, making: [] });
};

const acceleratorsOf = async (
  host: Host,
  provider: string | undefined,
): Promise<Readonly<Record<Architecture, Accelerator>>> => {
  const asked = process.env["TARE_VM_ACCEL"];
  return {
    amd64: await acceleratorFor(host, "amd64", provider, asked),
    arm64: await acceleratorFor(host, "arm64", provider, asked),
  };
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
