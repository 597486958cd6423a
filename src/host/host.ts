/** The real node behind the Host port. */
import type { Host } from "../domain/host.ts";
import type { Wishes } from "../domain/wish.ts";
import { systemClock } from "./clock.ts";
import { every } from "./every.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { usableCpus } from "./cpus.ts";
import { runCommand } from "./command.ts";
import { JournaledEffects } from "./effects.ts";
import * as files from "./files.ts";
import { httpGet } from "./http.ts";
import { openLog } from "./log.ts";
import { signalProcess, startProcess } from "./process.ts";

export const createHost = (options: {
  readonly root: string;
  readonly journalDirectory: string;
  /** Who is asked for what only others can do; absent: nobody. */
  readonly wishes?: Wishes;
}): Host => ({
  ...systemClock(),
  arch: process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch,
  uid: process.getuid?.() ?? -1,
  cpus: usableCpus(),
  root: options.root,
  run: runCommand,
  which: files.which,
  start: startProcess,
  signal: signalProcess,
  alive: (pid) => signalProcess(pid, 0),
  readText: files.readText,
  openReader: files.openReader,
  openLog,
  openKept: files.openKept,
  fileSize: files.fileSize,
  fileKind: files.fileKind,
  writeText: files.writeText,
  makeDirectory: files.makeDirectory,
  list: files.list,
  freeBytes: files.freeBytes,
  cutFile: files.cutFile,
  every,
  httpGet,
  collectGarbage,
  date: () => new Date().toISOString(),
  effects: new JournaledEffects(options.journalDirectory, options.wishes),
});
