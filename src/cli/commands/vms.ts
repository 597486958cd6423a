/** `tare vms`: the same guests, workloads and agents on both architectures, in virtual machines that Vagrant makes. */
import { Command, Option } from "commander";
import { EXIT, TareError } from "../../domain/errors.ts";
import { PROFILE_IDS } from "../../domain/plan.ts";
import { KERNELS, parseArchitecture, parseKernel } from "../../machines/guests.ts";
import { makeBox, placeOfBox } from "../../machines/images/box.ts";
import { makePayload } from "../../machines/images/payload.ts";
import { bringForBox, bringForPayload } from "../../machines/setup/bring.ts";
import type { BuildContext } from "../../machines/images/shell.ts";
import { interruptible } from "../../session/interruptible.ts";
import { destroyKept, keptGuests } from "../../machines/vagrant/kept.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { worded } from "../screen.ts";
import { runVms } from "../vms/run-vms.ts";
import type { VmsRunFlags } from "../vms/settings.ts";
import { NO_SETUP, vmsExecCommand } from "./vms-exec.ts";

interface BoxFlags {
  readonly arch: string;
  readonly kernel?: string;
  readonly setup: boolean;
  readonly dryRun?: boolean;
}

export const vmsCommand = (context: CliContext): Command => {
  const command = new Command("vms").description(
    "measure in virtual machines of both architectures, and put them side by side",
  );
  command.addHelpText(
    "after",
    `
Examples:
  tare vms run --profile smoke     in fresh guests; see \`tare vms run --help\`
  tare vms list                    those that were kept
  tare vms destroy                 all of them
  tare vms exec -- uname -r        one command in a fresh guest`,
  );
  command
    .command("run")
    .description("make each virtual machine, measure in it, fetch, destroy it; then one page over all")
    .option("--arch <list>", "amd64, arm64 or both", "amd64,arm64")
    .option(
      "--kernel <list>",
      `Debian's kernels: ${KERNELS.join(", ")} (default: TARE_VM_KERNEL, else the box's)`,
    )
    .addOption(
      new Option("--profile <id>", "how much to do (default: TARE_PROFILE, else quick)").choices([
        ...PROFILE_IDS,
      ]),
    )
    .option("--agents <list>", "agents, comma-separated (default: TARE_AGENTS, else all that run there)")
    .option(
      "--agents-from <dir>",
      "vendors' releases to install in the guests, <arch>/<agent>/ in it (default: TARE_VM_AGENTS_FROM)",
    )
    .option("--scenarios <list>", "workloads, comma-separated (default: all)")
    .option("--blocks <n>", "number of blocks (default: the profile's)")
    .option(
      "--budget <file>",
      "what an agent may cost (docs/budgets.md); decides the exit code (default: TARE_BUDGET)",
    )
    .option("--provider <name>", "Vagrant's provider (default: the one that Vagrant takes here)")
    .addOption(
      new Option(
        "--boxes <which>",
        "built: from Debian's archive, for libvirt alone (its default); named: by TARE_BOX_<ARCH> or from the hub",
      ).choices(["named", "built"]),
    )
    .option("--no-setup", "install and make nothing; say what is missing, with the command for it")
    .option(
      "--boot-timeout <time>",
      "give a guest up that has not come up by then (default: TARE_VM_BOOT_TIMEOUT seconds, else 15m)",
    )
    .option(
      "--time-limit <time>",
      "give a guest up that is not done by then (default: 4h, or four times the forecast)",
    )
    .option("--keep", "leave the virtual machines running")
    .option("--out <dir>", "folder for the results (default: TARE_RESULTS, else results/)")
    .option("--report <file>", "where to write the page (default: reports/<run>.vms.html)")
    .option("--dry-run", "print what would be done; start nothing")
    .option("--json", "print what became of each guest as JSON on standard output")
    .addHelpText("after", HELP)
    .action(exitsWith((flags: VmsRunFlags) => runVms(context, flags)));
  command
    .command("box")
    .description("make a box for libvirt from Debian's archive; prints its path")
    .requiredOption("--arch <name>", "amd64 or arm64")
    .option("--kernel <series>", `${KERNELS.join(", ")} (default: the newest)`)
    .option("--no-setup", NO_SETUP)
    .option("--dry-run", "print the path that it has or will have; make nothing")
    .action(async (flags: BoxFlags) => {
      const architecture = parseArchitecture(flags.arch);
      const kernel = flags.kernel === undefined ? undefined : parseKernel(flags.kernel);
      if (flags.dryRun === true) {
        context.screen.result((await placeOfBox(architecture, kernel)).path);
        return;
      }
      await build(context, async (building) => {
        if (flags.setup) await bringForBox(architecture, kernel, building);
        return await makeBox(architecture, kernel, building);
      });
    });
  command
    .command("payload")
    .description("pack node_modules with Node and the compiled parts for a guest; prints the path")
    .requiredOption("--arch <name>", "amd64 or arm64")
    .option("--no-setup", NO_SETUP)
    .action(async (flags: { readonly arch: string; readonly setup: boolean }) => {
      const architecture = parseArchitecture(flags.arch);
      await build(context, async (building) => {
        if (flags.setup) await bringForPayload(architecture, building);
        return await makePayload(architecture, building);
      });
    });
  command.addCommand(vmsExecCommand(context));
  command
    .command("list")
    .description("list the virtual machines that were kept")
    .option("--json", "print JSON")
    .action(({ json }: { readonly json?: boolean }) => listKept(context, json));
  command
    .command("destroy")
    .description("destroy virtual machines that were kept (default: all of them)")
    .argument("[id...]", "as `tare vms list` names them")
    .action(exitsWith((ids: readonly string[]) => destroyAll(context, ids)));
  return command;
};

const HELP = `
A guest on hardware virtualisation is measured alone, because another beside it
would be measured too. A guest of another architecture than this machine's is
emulated: functional, no performance verdict; such guests run side by side where
CPUs and memory allow it. One that fails costs the others nothing. Ctrl-C
destroys those that run (with --keep: keeps them) and reports on those that were
done.

What is missing is brought first, each thing said: packages and boxes from
Debian's archive (root), and, where this machine has no Vagrant that fits, one in
a folder of its own, the lab. --dry-run says what is there already.

Examples:
  tare vms run --profile smoke       both architectures
  tare vms run --arch arm64 --agents sensor,auditd --keep
                                     one, kept for \`tare vms list\`
  tare vms run --kernel 5.10,6.1,6.12
                                     three kernels of Debian's for each
  tare vms run --arch amd64 --agents tetragon --agents-from releases
                                     the vendor's file is in
                                     releases/amd64/tetragon/
  TARE_VM_MEMORY=4096 TARE_VM_CPUS=4 tare vms run
                                     more settings: docs/vms.md

${exitCodesHelp("vms run")}`;

const build = async (
  { screen }: CliContext,
  make: (building: BuildContext) => Promise<string>,
): Promise<void> => {
  const making = async (signal: AbortSignal): Promise<string> => await make({ ...screen, signal });
  const reason = "what was begun is removed; whole images stay in the cache";
  screen.result(
    await interruptible((name) => new TareError("interrupted", `interrupted by ${name}`, reason), making),
  );
};

const listKept = async (context: CliContext, json: boolean | undefined): Promise<void> => {
  const kept = await keptGuests(context.host);
  const listed = kept.map(({ guest, state }) => ({ ...guest, state }));
  const lines = listed.map(({ id, state }) => `${id}  ${state === "" ? "(Vagrant did not answer)" : state}`);
  context.screen.result(worded(json, listed, () => lines.join("\n") || "no virtual machine was kept"));
};

const destroyAll = async (context: CliContext, ids: readonly string[]): Promise<number> => {
  const kept = await keptGuests(context.host);
  const unknown = ids.find((id) => !kept.some(({ guest }) => guest.id === id));
  if (unknown !== undefined) {
    const names = kept.map(({ guest }) => guest.id).join(", ");
    throw new TareError(
      "usage",
      `no virtual machine "${unknown}" was kept`,
      names === "" ? "there is none at all" : `there are: ${names}`,
    );
  }
  let failed = false;
  for (const { guest } of kept.filter((one) => ids.length === 0 || ids.includes(one.guest.id))) {
    const problem = await destroyKept(context.host, guest);
    if (problem === undefined) context.screen.info(`${guest.id}: destroyed`);
    else context.screen.warn(problem);
    failed ||= problem !== undefined;
  }
  if (kept.length === 0) context.screen.info("no virtual machine was kept: nothing to destroy");
  return failed ? EXIT.runFailed : EXIT.withinBudget;
};
