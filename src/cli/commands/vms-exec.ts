/** `tare vms exec`: one command in a fresh guest that tare starts itself, of any of Debian's kernels. */
import { cp, mkdir } from "node:fs/promises";
import { Command } from "commander";
import { TareError } from "../../domain/errors.ts";
import {
  KERNELS,
  NEWEST_KERNEL,
  parseArchitecture,
  parseKernel,
  parseRelease,
} from "../../machines/guests.ts";
import { parseFlavour } from "../../machines/images/base.ts";
import { makeImage } from "../../machines/images/image.ts";
import { hostRelease } from "../../machines/images/mirror.ts";
import { bringForImage, bringForPayload } from "../../machines/setup/bring.ts";
import { interruptible } from "../../session/interruptible.ts";
import { runInGuest } from "../../machines/jobs/run-in-guest.ts";
import { signalOf } from "../../machines/signal-of.ts";
import { quoted } from "../../machines/quoted.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { parseDuration, parseWhole } from "../flags.ts";
import type { Screen } from "../screen.ts";

/** As commander hands them over. */
interface Flags {
  readonly arch: string;
  readonly kernel: string;
  readonly flavour: string;
  readonly release?: string;
  readonly tare?: boolean;
  readonly copy?: readonly string[];
  readonly results?: string;
  readonly timeLimit: string;
  readonly cpus: string;
  readonly memory: string;
  readonly setup: boolean;
}

export const NO_SETUP = "install nothing; say what is missing, with the command for it";

export const vmsExecCommand = ({ screen }: CliContext): Command =>
  new Command("exec")
    .description("run one command in a fresh guest without network, emulated; exits with its status")
    .argument("<command...>", "run as root in /job, after --")
    .option("--arch <name>", "amd64 or arm64", "amd64")
    .option("--kernel <series>", KERNELS.join(", "), NEWEST_KERNEL)
    .option("--flavour <name>", "fast: no systemd; systemd; agents: that with sensors and headers", "systemd")
    .option("--release <name>", "whose user space: bookworm or trixie (default: this machine's)")
    .option("--tare", "bring the clone with all that it needs, and start in it")
    .option("--copy <path...>", "files and folders of this machine, into /job")
    .option("--results <dir>", "fetch what the command puts into /job/results")
    .option("--time-limit <time>", "stop the guest after that time", "10m")
    .option("--cpus <n>", "CPUs of the guest", "2")
    .option("--memory <n>", "its memory in MB", "1536")
    .option("--no-setup", NO_SETUP)
    .action(exitsWith((words: readonly string[], flags: Flags) => execInGuest(screen, words, flags)));

const execInGuest = async (screen: Screen, words: readonly string[], flags: Flags): Promise<number> => {
  const wanted = {
    architecture: parseArchitecture(flags.arch),
    flavour: parseFlavour(flags.flavour),
    kernel: parseKernel(flags.kernel),
    release: flags.release === undefined ? await hostRelease() : parseRelease(flags.release),
  };
  let partial = "";
  const job = {
    script: `set -eu\nexec ${words.map(quoted).join(" ")}\n`,
    withClone: flags.tare === true,
    copy: flags.copy ?? [],
    timeoutMs: parseDuration("--time-limit", flags.timeLimit) * 1000,
    cpus: parseWhole("--cpus", flags.cpus, 1),
    memoryMegabytes: parseWhole("--memory", flags.memory, 256),
    onOutput: (text: string): void => {
      const end = (partial + text).lastIndexOf("\n") + 1;
      if (end > 0) screen.result((partial + text).slice(0, end));
      partial = (partial + text).slice(end);
    },
  };
  const run = async (signal: AbortSignal): Promise<number> => {
    const context = { ...screen, signal };
    if (flags.setup) await bringForImage(wanted, context);
    if (flags.setup && job.withClone) await bringForPayload(wanted.architecture, context);
    return await runInGuest(await makeImage(wanted, context), job, context, async (end) => {
      if (partial !== "") screen.result(partial);
      if (flags.results !== undefined) {
        await mkdir(flags.results, { recursive: true });
        await cp(end.results, flags.results, { recursive: true });
      }
      const signal = signalOf(end.exitCode);
      const killed = signal === undefined ? "" : `: ${signal} killed it`;
      screen.info(`done after ${end.seconds} s, exit status ${end.exitCode}${killed}`);
      return end.exitCode;
    });
  };
  const reasonFor = (name: string): TareError =>
    new TareError("interrupted", `the guest was stopped by ${name}`, "nothing of it is left");
  return await interruptible(reasonFor, run);
};
