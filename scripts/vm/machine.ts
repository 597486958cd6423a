/**
 * One guest, one job. The guest is emulated without KVM, has no network, and writes to a throw-away layer over its image. Its
 * job comes in as a tar archive, runs as root, and its results come out as another; output comes through while it runs.
 */
import { open, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import type { Image } from "./make-image.ts";
import type { Qemu } from "./qemu.ts";
import { lastLines } from "./last-lines.ts";
import { run } from "./shell.ts";

export interface Job {
  /** A folder with an executable script `run`; all of it is copied to the guest's /job, where `run` starts. */
  readonly folder: string;
  /** Tar archives unpacked into /job before `folder`. */
  readonly archives?: readonly string[];
  /** A file system that the guest mounts at /payload, read-only. */
  readonly payload?: string;
  readonly timeoutMs: number;
  /** Each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly cpus?: number;
  readonly memoryMegabytes?: number;
}

export interface Outcome {
  /** What the job's script left with. */
  readonly exitCode: number;
  readonly output: string;
  /** What the job put into /job/results, unpacked; the caller removes it. */
  readonly results: string;
  readonly seconds: number;
}

const RESULTS_MEGABYTES = 1024;
const BLOCK_BYTES = 4096;

/** Archives one after the other; the guest's tar is told to read on beyond the end mark of each. */
const packJob = async (file: string, job: Job): Promise<void> => {
  const own = `${file}.own`;
  await run("tar", ["--create", `--file=${own}`, `--directory=${job.folder}`, "."]);
  await run("sh", ["-c", 'out=$1; shift; exec cat "$@" >"$out"', "sh", file, ...(job.archives ?? []), own]);
  await rm(own);
  const handle = await open(file, "r+");
  try {
    // What QEMU offers as a disk is a whole number of blocks.
    await handle.truncate(Math.ceil((await handle.stat()).size / BLOCK_BYTES) * BLOCK_BYTES);
  } finally {
    await handle.close();
  }
};

/** Kernels that have BPF among their security modules and do not start it unless told; later ones do. */
const WITHOUT_BPF_LSM: readonly string[] = ["5.10"];
/** Those that such a kernel starts by itself, and BPF. */
const SECURITY_MODULES = "lockdown,yama,loadpin,safesetid,integrity,apparmor,bpf";

const qemuArgs = (architecture: Architecture, image: Image, job: Job, folder: string): readonly string[] => {
  const drive = (id: string, file: string, more: string): readonly string[] => [
    "-drive",
    `id=${id},file=${file},format=raw,if=none,cache=unsafe,${more}`,
  ];
  const commandLine = [
    "root=/dev/nvme0n1 rootwait rw rootfstype=ext4 net.ifnames=0 panic=-1",
    `console=${architecture.console}`,
    ...architecture.kernelOptions,
    ...(WITHOUT_BPF_LSM.includes(image.kernelSeries) ? [`lsm=${SECURITY_MODULES}`] : []),
    ...(image.flavour === "fast" ? [] : ["systemd.wants=tare-job.service"]),
  ].join(" ");
  const flags: readonly (readonly string[])[] = [
    architecture.qemuArgs,
    // Never KVM: where a machine offers it but cannot keep it up, a guest hangs without a word.
    ["-accel", "tcg,thread=multi"],
    ["-smp", String(job.cpus ?? 2), "-m", String(job.memoryMegabytes ?? 1536)],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"],
    ["-kernel", image.kernel, "-append", commandLine],
    ["-serial", `file:${join(folder, "serial.log")}`],
    drive("root", image.root, "snapshot=on"),
    drive("job", join(folder, "job.tar"), "readonly=on"),
    drive("results", join(folder, "results.tar"), "readonly=off"),
    // The root alone is on NVMe: kernels number several name spaces, or controllers, in any order.
    ["-device", "nvme,drive=root,serial=tare-root"],
    ...(job.payload === undefined
      ? []
      : [
          drive("payload", job.payload, "readonly=on"),
          ["-device", "virtio-blk-pci,drive=payload,serial=tare-payload"],
        ]),
    ["-device", "virtio-blk-pci,drive=job,serial=tare-job"],
    ["-device", "virtio-blk-pci,drive=results,serial=tare-results"],
    ["-device", "virtio-serial-pci"],
    ["-chardev", "stdio,id=output,signal=off"],
    ["-device", "virtserialport,chardev=output,name=tare.output"],
    ["-chardev", `file,id=exit,path=${join(folder, "exit")}`],
    ["-device", "virtserialport,chardev=exit,name=tare.exit"],
  ];
  return flags.flat();
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch {
    return "";
  }
};

/** Unpacks what the guest wrote. A guest that wrote nothing leaves an empty folder. */
const unpackResults = async (archive: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "tare-vm-results-"));
  await run("tar", ["--extract", `--file=${archive}`, `--directory=${folder}`, "--no-same-owner"]);
  return folder;
};

/**
 * Boots a guest, runs the job and switches off. Throws `run-failed` with the guest's last console lines when it does not come
 * to an end by itself, and `interrupted` when told to stop; the guest is gone in every case.
 */
export const runInGuest = async (
  qemu: Qemu,
  architecture: Architecture,
  image: Image,
  job: Job,
): Promise<Outcome> => {
  const folder = await mkdtemp(join(tmpdir(), "tare-vm-"));
  const started = performance.now();
  try {
    await packJob(join(folder, "job.tar"), job);
    await writeFile(join(folder, "results.tar"), "");
    await truncate(join(folder, "results.tar"), RESULTS_MEGABYTES << 20);
    const [program, ...first] = qemu.command;
    const guest = execa(
      "setpriv",
      // A killed harness takes its guest along.
      ["--pdeathsig", "KILL", program, ...first, ...qemuArgs(architecture, image, job, folder)],
      {
        reject: false,
        env: qemu.env,
        // Open and never written to: at its end QEMU would call the port closed, and the guest could not write any more.
        stdin: "pipe",
        timeout: job.timeoutMs,
        killSignal: "SIGKILL",
        ...(job.signal === undefined ? {} : { cancelSignal: job.signal }),
      },
    );
    guest.stdout.on("data", (piece: Buffer) => job.onOutput?.(piece.toString("utf8")));
    const ended = await guest;
    const seconds = (performance.now() - started) / 1000;
    if (ended.isCanceled) {
      throw new TareError("interrupted", "the guest was stopped", "nothing of it is left; start it again");
    }
    const told = (await textOf(join(folder, "exit"))).trim();
    if (/^\d+$/.test(told)) {
      const results = await unpackResults(join(folder, "results.tar"));
      return { exitCode: Number(told), output: ended.stdout, results, seconds };
    }
    const how = ended.timedOut
      ? `was not done after ${Math.round(job.timeoutMs / 1000)} s and was stopped`
      : `ended after ${Math.round(seconds)} s without a result (QEMU: exit status ${String(ended.exitCode)})`;
    const serial = lastLines(await textOf(join(folder, "serial.log")), 30);
    const words = [lastLines(ended.stdout, 10), lastLines(ended.stderr, 5)].filter((text) => text !== "");
    throw new TareError(
      "run-failed",
      [
        `the ${image.arch} guest with kernel ${image.kernelRelease} ${how}`,
        ...words,
        `its console's last lines:\n${serial === "" ? "(none)" : serial}`,
      ].join("\n"),
      "a loaded machine emulates slowly: give it more time, or look at the console's lines above",
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A signal that Ctrl-C and SIGTERM raise, for as long as the work runs. */
export const untilInterrupted = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};
