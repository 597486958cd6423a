/** A command in a guest, from the folder of the clone as it is now, and what it left in /job/results. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture } from "./architectures.ts";
import { runInGuest } from "./machine.ts";
import type { Job } from "./machine.ts";
import type { Image } from "./make-image.ts";
import { cloneForGuest } from "./payload.ts";
import { findQemu } from "./qemu.ts";

export interface Left {
  /** A folder with what the command put into /job/results; gone after the reading. */
  readonly results: string;
  readonly seconds: number;
  /** QEMU's version. */
  readonly qemu: string;
}

export const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, "utf8")) as T;

/** Throws as `runInGuest` does, and `host-unfit` when QEMU cannot be had. */
export const inClone = async <T>(
  architecture: Architecture,
  image: Image,
  script: string,
  job: Pick<Job, "timeoutMs" | "onOutput" | "signal">,
  read: (left: Left) => Promise<T>,
): Promise<T> => {
  const qemu = await findQemu(architecture);
  const work = await mkdtemp(join(tmpdir(), "tare-vm-check-"));
  try {
    const folder = join(work, "job");
    const clone = await cloneForGuest(architecture, work);
    await mkdir(folder);
    await writeFile(join(folder, "run"), `cd tare && exec ${script}\n`);
    const outcome = await runInGuest(qemu, architecture, image, {
      folder,
      archives: [clone.archive],
      payload: clone.payload,
      timeoutMs: job.timeoutMs,
      ...(job.onOutput === undefined ? {} : { onOutput: job.onOutput }),
      ...(job.signal === undefined ? {} : { signal: job.signal }),
    });
    try {
      return await read({
        results: outcome.results,
        seconds: Math.round(outcome.seconds),
        qemu: qemu.version,
      });
    } finally {
      await rm(outcome.results, { recursive: true, force: true });
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
