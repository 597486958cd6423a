/** The real node behind the Host port. */
import { availableParallelism } from "node:os";
import { setTimeout as sleepTimer } from "node:timers/promises";
import type { Host } from "../domain/host.ts";
import { runCommand } from "./command.ts";
import { JournaledEffects } from "./effects.ts";
import * as files from "./files.ts";
import { httpGet } from "./http.ts";
import { openLog } from "./log.ts";
import { readTimeoutScale } from "./timeout-scale.ts";
import { signalProcess, startProcess } from "./process.ts";

/** Throws `usage` where TARE_TIMEOUT_SCALE is no factor. */
export const createHost = (options: { readonly root: string; readonly journalDirectory: string }): Host => {
  const timeoutScale = readTimeoutScale();
  return {
    arch: process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch,
    uid: process.getuid?.() ?? -1,
    cpus: availableParallelism(),
    root: options.root,
    run: runCommand,
    which: files.which,
    start: startProcess,
    signal: signalProcess,
    alive: (pid) => signalProcess(pid, 0),
    readText: files.readText,
    openReader: files.openReader,
    openLog,
    fileSize: files.fileSize,
    writeText: files.writeText,
    makeDirectory: files.makeDirectory,
    list: files.list,
    freeBytes: files.freeBytes,
    httpGet,
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    timeoutScale,
    sleep: async (ms, signal) => {
      await sleepTimer(ms * timeoutScale, undefined, signal === undefined ? {} : { signal });
    },
    effects: new JournaledEffects(options.journalDirectory),
  };
};
