/** `run.sh`: runs one command in a fresh guest and leaves with its exit status. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectureOf } from "./architectures.ts";
import { flavourOf } from "./base.ts";
import { command } from "./command.ts";
import { kernelOf } from "./kernel.ts";
import { runInGuest, untilInterrupted } from "./machine.ts";
import { makeImage } from "./make-image.ts";
import { hostSuite } from "./mirror.ts";
import { cloneForGuest } from "./payload.ts";
import { findQemu } from "./qemu.ts";
import { run, say } from "./shell.ts";
import { TareError } from "../../src/domain/errors.ts";

const USAGE = `run.sh [--arch amd64|arm64] [--kernel 5.10|6.1|6.12] [--flavour fast|systemd|agents] [--tare] [--copy FILE]...
       [--results FOLDER] [--timeout SECONDS] [--cpus N] [--memory MB] -- COMMAND [ARGUMENT]...
Boots a guest without network, runs COMMAND there as root in /job, prints its output, and leaves with its exit status.
  --tare     the clone with Node, its packages, the sensor and the workloads lies in /job/tare, which becomes the current folder
  --copy     a file or folder of this machine, into /job
  --results  what the command puts into /job/results comes back into this folder`;

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

const positive = (text: unknown, flag: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TareError("usage", `--${flag} is "${String(text)}"`, "it is a whole number above 0");
};

await command(
  {
    usage: USAGE,
    takesCommand: true,
    options: {
      arch: { type: "string", default: "amd64" },
      kernel: { type: "string", default: "6.12" },
      flavour: { type: "string", default: "systemd" },
      suite: { type: "string" },
      tare: { type: "boolean", default: false },
      copy: { type: "string", multiple: true, default: [] },
      results: { type: "string" },
      timeout: { type: "string", default: "600" },
      cpus: { type: "string", default: "2" },
      memory: { type: "string", default: "1536" },
    },
  },
  async ({ values, positionals }) => {
    if (positionals.length === 0) throw new TareError("usage", "there is no command to run", USAGE);
    const architecture = architectureOf(String(values["arch"]));
    const image = await makeImage({
      architecture,
      flavour: flavourOf(String(values["flavour"])),
      series: kernelOf(String(values["kernel"])),
      suite: typeof values["suite"] === "string" ? values["suite"] : await hostSuite(),
      uefi: false,
    });
    const qemu = await findQemu(architecture);
    const work = await mkdtemp(join(tmpdir(), "tare-vm-run-"));
    const folder = join(work, "job");
    try {
      await mkdir(folder);
      const clone = values["tare"] === true ? await cloneForGuest(architecture, work) : undefined;
      const change = values["tare"] === true ? "cd tare\n" : "";
      await writeFile(join(folder, "run"), `set -eu\n${change}exec ${positionals.map(quote).join(" ")}\n`);
      for (const path of [values["copy"] ?? []].flat()) {
        await cp(String(path), join(folder, String(path).replace(/\/+$/, "").replace(/^.*\//, "")), {
          recursive: true,
        });
      }
      say(`booting ${image.arch}, kernel ${image.kernelRelease}, QEMU ${qemu.version}`);
      const outcome = await untilInterrupted(
        async (signal) =>
          await runInGuest(qemu, architecture, image, {
            folder,
            ...(clone === undefined ? {} : { archives: [clone.archive], payload: clone.payload }),
            signal,
            timeoutMs: positive(values["timeout"], "timeout") * 1000,
            cpus: positive(values["cpus"], "cpus"),
            memoryMegabytes: positive(values["memory"], "memory"),
            onOutput: (text) => process.stdout.write(text),
          }),
      );
      if (typeof values["results"] === "string") {
        await run("mkdir", ["-p", values["results"]]);
        await cp(outcome.results, values["results"], { recursive: true });
      }
      await rm(outcome.results, { recursive: true, force: true });
      say(`done after ${Math.round(outcome.seconds)} s, exit status ${outcome.exitCode}`);
      return outcome.exitCode;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
);
