/** Runs one command in a fresh guest and leaves with its exit status. */
import { cp, mkdir } from "node:fs/promises";
import { TareError } from "../../src/domain/errors.ts";
import { parseArchitecture, parseKernel, parseRelease } from "../../src/machines/guests.ts";
import { parseFlavour } from "../../src/machines/images/base.ts";
import { makeImage } from "../../src/machines/images/image.ts";
import { hostRelease } from "../../src/machines/images/mirror.ts";
import { runInGuest } from "../../src/machines/jobs/run-in-guest.ts";
import { command, positive } from "./command.ts";

const USAGE = `exec.sh [--arch amd64|arm64] [--kernel 5.10|6.1|6.12] [--flavour fast|systemd|agents] [--release bookworm|trixie]
       [--tare] [--copy FILE]... [--results FOLDER] [--timeout SECONDS] [--cpus N] [--memory MB] -- COMMAND [ARGUMENT]...
Boots a guest without network, runs COMMAND there as root in /job, prints its output, and leaves with its exit status.
  --tare     the clone with Node, its packages, the sensor and the workloads lies in /job/tare, which becomes the current folder
  --copy     a file or folder of this machine, into /job
  --results  what the command puts into /job/results comes back into this folder`;

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

await command(
  {
    usage: USAGE,
    takesCommand: true,
    options: {
      arch: { type: "string", default: "amd64" },
      kernel: { type: "string", default: "6.12" },
      flavour: { type: "string", default: "systemd" },
      release: { type: "string" },
      tare: { type: "boolean", default: false },
      copy: { type: "string", multiple: true, default: [] },
      results: { type: "string" },
      timeout: { type: "string", default: "600" },
      cpus: { type: "string", default: "2" },
      memory: { type: "string", default: "1536" },
    },
  },
  async ({ values, positionals }, context) => {
    if (positionals.length === 0) throw new TareError("usage", "there is no command to run", USAGE);
    const { release, results: target } = values;
    const wanted = {
      architecture: parseArchitecture(String(values["arch"])),
      flavour: parseFlavour(String(values["flavour"])),
      kernel: parseKernel(String(values["kernel"])),
      release: typeof release === "string" ? parseRelease(release) : await hostRelease(),
    };
    const job = {
      script: `set -eu\nexec ${positionals.map(quote).join(" ")}\n`,
      withClone: values["tare"] === true,
      copy: [values["copy"] ?? []].flat().map(String),
      timeoutMs: positive("timeout", values["timeout"]) * 1000,
      cpus: positive("cpus", values["cpus"]),
      memoryMegabytes: positive("memory", values["memory"]),
      onOutput: (text: string): void => {
        process.stdout.write(text);
      },
    };
    return await runInGuest(await makeImage(wanted, context), job, context, async (end) => {
      if (typeof target === "string") {
        await mkdir(target, { recursive: true });
        await cp(end.results, target, { recursive: true });
      }
      context.info(`done after ${end.seconds} s, exit status ${end.exitCode}`);
      return end.exitCode;
    });
  },
);
