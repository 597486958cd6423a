/** One guest from nothing to its results, and away again, on every path. */
import { TareError, messageOf } from "../../domain/errors.ts";
import type { EffectScope, Host, HostProcess } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { exitCodeIn } from "../exit-code.ts";
import { explain } from "./explain.ts";
import { type Guest, MEASURED } from "../guests.ts";
import { endProcess } from "./end-process.ts";
import type { Gate } from "./gate.ts";
import { lastLines } from "../last-lines.ts";
import { signalOf } from "../signal-of.ts";
import { type Progress, progressIn, type Step, stepBegunBy } from "./steps.ts";
import {
  environmentOf,
  folderOf,
  type GuestSettings,
  logOf,
  resultsOf,
  serialOf,
  undoCommand,
  upCommand,
} from "./vagrant.ts";

export type GuestOutcome =
  | {
      readonly kind: "measured";
      readonly folder: string;
      readonly exitCode: number;
      /** The signal that killed the harness at the first try; undefined: there was only one. */
      readonly firstKilledBy?: string | undefined;
    }
  | {
      readonly kind: "failed";
      readonly step: Step;
      readonly message: string;
      readonly hint: string;
      readonly lastLines: readonly string[];
      /** Of the serial console, where the guest did not come up; empty where it has none or it cannot be read. */
      readonly serial: readonly string[];
      /** The folder with what the guest left of its run; null when it left nothing. */
      readonly folder: string | null;
    };

export interface GuestRequest {
  readonly host: Host;
  readonly guest: Guest;
  readonly settings: GuestSettings;
  /** One guest at a time is in there: until it boots, and while it is destroyed. */
  readonly gate: Gate;
  readonly keep: boolean;
  readonly totalSeconds: number;
  readonly signal: AbortSignal;
  entered(step: Step): void;
  /** Called about once a second while Vagrant works. */
  tick(step: Step): void;
  /** Called for each line in which the guest itself says how far it is. */
  said(progress: Progress): void;
}

const DESTROY_TIMEOUT_MS = 300_000;
const POLL_MS = 1000;
const MAX_LAST_LINES = 12;

export interface GuestEnd {
  /** Undefined: it was interrupted. */
  readonly outcome: GuestOutcome | undefined;
  readonly problems: readonly string[];
}

/** Brings the guest up, measures, fetches and, unless it is to be kept, destroys. A failure is an outcome; nothing is thrown. */
export const runGuest = async (asked: GuestRequest): Promise<GuestEnd> => {
  let at: Step = "box";
  let letNextIn: (() => void) | undefined = await asked.gate.enter();
  const leaveGate = (): void => {
    letNextIn?.();
    letNextIn = undefined;
  };
  const request: GuestRequest = {
    ...asked,
    entered: (step) => {
      at = step;
      if (step !== "box" && step !== "destroy") leaveGate();
      asked.entered(step);
    },
  };
  const { host, guest, settings, keep, signal } = request;
  const effects = host.effects.scope(`vm ${guest.id}`);
  const leave = async (): Promise<readonly string[]> => {
    letNextIn ??= await asked.gate.enter();
    try {
      return await takeDown(request, effects);
    } finally {
      leaveGate();
    }
  };
  try {
    signal.throwIfAborted();
    await host.makeDirectory(folderOf(settings.root, guest.id));
    await host.makeDirectory(settings.results);
    // Their last run's lines would be taken for this one's.
    for (const path of [logOf(settings.root, guest.id), serialOf(settings.root, guest.id)])
      await host.run("rm", ["-f", path]);
    // In the journal before there is anything to destroy, so that even a `kill -9` in the middle leaves no virtual machine.
    if (!keep)
      await effects.perform({
        kind: "command",
        title: `virtual machine ${guest.id}`,
        do: ["true"],
        undo: [undoCommand(settings, guest)],
        timeoutMs: DESTROY_TIMEOUT_MS,
      });
    const outcome = await bringUp(request, () => at);
    return { outcome, problems: await leave() };
  } catch (error) {
    return { outcome: signal.aborted ? undefined : failedBy(at, error), problems: await leave() };
  }
};

const takeDown = async (request: GuestRequest, effects: EffectScope): Promise<readonly string[]> => {
  if (!request.keep) request.entered("destroy");
  const problems = await effects.undo();
  if (!request.keep && problems.length === 0) {
    // What is left of a destroyed guest is Vagrant's empty state; a guest that has a folder is one that can be destroyed.
    await request.host.run("rm", ["-rf", `${folderOf(request.settings.root, request.guest.id)}/vagrant`]);
  }
  return problems;
};

type Ending =
  { readonly kind: "exit"; readonly code: number | null } | { readonly kind: "late"; readonly why: string };

const bringUp = async (request: GuestRequest, step: () => Step): Promise<GuestOutcome> => {
  const { host, guest, settings } = request;
  const log = logOf(settings.root, guest.id);
  const [command = "", ...args] = upCommand(settings, guest, request.keep);
  const vagrant = await host.start({
    command,
    args,
    env: environmentOf(settings, guest),
    cwd: settings.root,
    stdout: log,
    stderr: log,
  });
  request.entered("box");
  let seen = 0;
  const follow = async (): Promise<void> => {
    // What comes after the last line's end is not yet a line.
    const lines = (known(await host.readText(log)) ?? "").split(/\r?\n/).slice(0, -1);
    for (const line of lines.slice(seen)) {
      const begun = stepBegunBy(line);
      if (begun !== undefined && begun !== step() && !isIdle(begun, step())) request.entered(begun);
      const progress = progressIn(line);
      if (progress !== undefined) request.said(progress);
    }
    seen = lines.length;
  };
  try {
    const ending = await wait(request, vagrant, follow, step);
    // What Vagrant says while it is stopped is of no step: a guest may come up meanwhile.
    if (ending.kind === "exit") await follow();
    return await judge(request, ending, step());
  } catch (error) {
    await endProcess(host, vagrant);
    throw error;
  }
};

/** Vagrant's trigger that fetches runs after a guest that never came up, too. */
const isIdle = (begun: Step, before: Step): boolean =>
  begun === "fetch" && !["set-up", "measure"].includes(before);

const wait = async (
  request: GuestRequest,
  vagrant: HostProcess,
  follow: () => Promise<void>,
  step: () => Step,
): Promise<Ending> => {
  const { host, totalSeconds, signal } = request;
  const { bootSeconds } = request.settings;
  let bootBegan: number | undefined;
  const waited = await host.until<Ending>(
    async (past) => {
      const exit = vagrant.exit();
      if (exit !== undefined) return { kind: "exit", code: exit.code };
      await follow();
      request.tick(step());
      if (step() !== "boot") return undefined;
      bootBegan ??= host.now();
      return past(bootBegan, bootSeconds * 1000)
        ? { kind: "late", why: `it did not come up within ${bootSeconds} s` }
        : undefined;
    },
    { every: POLL_MS, atMost: totalSeconds * 1000, signal },
  );
  const ending: Ending =
    waited.kind === "met" ? waited.value : { kind: "late", why: `it was not done within ${totalSeconds} s` };
  if (ending.kind === "late") await endProcess(host, vagrant);
  return ending;
};

const judge = async (
  { host, guest, settings }: GuestRequest,
  ending: Ending,
  step: Step,
): Promise<GuestOutcome> => {
  const folder = resultsOf(settings, guest);
  const exitCode = exitCodeIn(known(await host.readText(`${folder}/exit-code`)) ?? "");
  if (ending.kind === "exit" && ending.code === 0 && MEASURED.includes(exitCode))
    return {
      kind: "measured",
      folder,
      exitCode,
      firstKilledBy: known(await host.readText(`${folder}/first-try/killed-by`))?.trim(),
    };

  const log = logOf(settings.root, guest.id);
  const lastLinesOf = async (path: string, count: number): Promise<readonly string[]> =>
    lastLines(known(await host.readText(path)) ?? "", count);
  const recent = await lastLinesOf(log, 60);
  const shown = recent.slice(-MAX_LAST_LINES);
  const left = (await host.list(folder)).length > 0 ? folder : null;
  const serial = step === "boot" ? await lastLinesOf(serialOf(settings.root, guest.id), MAX_LAST_LINES) : [];
  const common = { kind: "failed", step, lastLines: shown, serial, folder: left } as const;
  if (ending.kind === "late") {
    const hint =
      step === "boot"
        ? `${consoleOf(settings)}a slow host needs a longer --boot-timeout`
        : "a slow host needs a longer --time-limit or a smaller --profile";
    return { ...common, message: ending.why, hint };
  }
  const signal = signalOf(exitCode);
  if (signal !== undefined)
    return {
      ...common,
      message: `the harness in the guest was killed by ${signal}`,
      hint: "bench.log in its results folder has its last words; first-try/ there has what was measured before it was run once more",
    };
  const explained = explain(recent.join("\n"));
  if (explained !== undefined) {
    const [, message, hint, more] = explained;
    return { ...common, message, hint: more === undefined ? hint : consoleOf(settings) + hint };
  }
  return {
    ...common,
    message:
      ending.code === 0
        ? "Vagrant ended well, but no results came back"
        : `vagrant up ended with exit code ${ending.code ?? "(signal)"}`,
    hint: `read ${log}`,
  };
};

/** Where the guest's last words are, by what its provider does with the serial console; nothing is promised that it does not give. */
const consoleOf = ({ provider }: GuestSettings): string => {
  if (provider === "libvirt") return "its last lines on the serial console say how far it came; ";
  if (provider === "qemu")
    return "with --keep its serial console is the socket tmp/vagrant-qemu/<id>/qemu_socket_serial in VAGRANT_HOME (nc -U), which says how far it comes; ";
  return "";
};

/** For callers that catch: a failure that was thrown, as an outcome. */
export const failedBy = (step: Step, error: unknown): GuestOutcome => ({
  kind: "failed",
  step,
  message: messageOf(error),
  hint:
    error instanceof TareError ? error.hint : "this was not foreseen: please report it with the lines above",
  lastLines: [],
  serial: [],
  folder: null,
});
