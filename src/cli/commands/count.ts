/** `tare count`: instructions in place of time, the same to the digit on every machine. */
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { runCount } from "../count/run-count.ts";
import type { CountFlags } from "../count/settings.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";
import { collected, parseNames, whole } from "../flags.ts";
import { POLICY_AGENTS } from "../../session/policies.ts";
import { NO_SETUP } from "./vms-exec.ts";

export const countCommand = (context: CliContext): Command =>
  new Command("count")
    .description(
      "count the instructions that agents add to an operation: not time, and the same on every machine",
    )
    .option("--arch <list>", "amd64, arm64 or both, separated by commas", "amd64")
    .addOption(
      new Option(
        "--agents <list>",
        "agents, separated by commas (default: sensor, or what --agent-file and --policy give)",
      ).argParser(parseNames),
    )
    .option(
      "--agent-file <file>",
      "also count the agent that this YAML file describes; repeatable",
      collected,
    )
    .option(
      "--policy <agent=file>",
      `count that agent (${POLICY_AGENTS.join(", ")}) with your own policy, a file or a folder: all rules together, and each alone; repeatable`,
      collected,
    )
    .option("--scenarios <list>", "workloads (default: all that can be counted)", parseNames)
    .option("--seeds <n>", "boots of each agent, each with another layout of memory", whole("--seeds", 1), 5)
    .option(
      "--operations <n>",
      "of each trial (default: by workload, 4500 to 30000)",
      whole("--operations", 10),
    )
    .option("--jobs <n>", "guests at once (default: one a CPU)", whole("--jobs", 1))
    .option("--memory <n>", "of a guest, in MB (default: by agent, mostly 1024)", whole("--memory", 256))
    .option("--kernel <file>", "a kernel's image in place of Debian's")
    .option("--time-limit <time>", "give up a boot after that time", "30m")
    .option("--out <dir>", "folder for the record and the summaries (default: results/<time>-count)")
    .option("--report <file>", "where to write the page (default: reports/<run>.html)")
    .option("--no-setup", NO_SETUP)
    .addHelpText(
      "after",
      `
Each boot is an emulated guest (QEMU, -icount) whose clock counts instructions:
30 quiet seconds, then every workload without the agent, with it, and without it
again. The first seed is booted twice with a fixed layout and must say the same
to the byte; the others tell how much the layout of memory matters.
Instructions are not time: they know nothing of caches and of waiting.

Examples:
  tare count --agents sensor
  tare count --arch amd64,arm64 --agents sensor,auditd@blocking
  tare count --policy auditd=audit.rules --agent-file my-sensor.yaml
  tare diff results/OLD results/NEW    fails where a count rose

${exitCodesHelp("count")}`,
    )
    .action(exitsWith((flags: CountFlags) => runCount(context, flags)));
