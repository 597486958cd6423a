/** One guest, one job: emulated without KVM, on a throw-away layer, without network unless it is asked for. Job and results are tar archives. */
import { randomUUID } from "node:crypto";
import { cp, mkdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { TareError } from "../../domain/errors.ts";
import { FACTS, KERNEL_FACTS } from "../guests.ts";
import { removeLeftovers, unfinished } from "../images/cache.ts";
import { commandLineOf, type Image } from "../images/image.ts";
import { cloneForGuest, type GuestClone } from "../images/payload.ts";
import { findQemu } from "../images/qemu.ts";
import { type BuildContext, run } from "../images/shell.ts";
import { lastLines } from "../last-lines.ts";

export interface Job {
  /** Shell, run in /job, or in /job/tare where the clone comes along. */
  readonly script: string;
  /** The clone as it is now, with Node, its packages, the sensor and the workloads for the guest. */
  readonly withClone: boolean;
  readonly copy?: readonly string[];
  /** A file system labelled `tare-payload`, which is /payload there: for what is too much to be unpacked first. Not beside the clone, whose own it is. */
  readonly payload?: string;
  /** Ports of this machine's loopback, and those of the guest behind them. Absent: no network. With it the guest reaches this machine as 10.0.2.2. */
  readonly ports?: readonly { readonly here: number; readonly there: number }[];
  readonly timeoutMs: number;
  readonly onOutput?: ((text: string) => void) | undefined;
  readonly cpus?: number;
  readonly memoryMegabytes?: number;
}

export interface JobEnd {
  readonly exitCode: number;
  /** A folder with what the job put into /job/results; removed after it was read. */
  readonly results: string;
  readonly seconds: number;
  readonly qemu: string;
}

const MAX_RESULTS_BYTES = 2 ** 30;
const BLOCK_BYTES = 4096;

/** Archives one after the other; the guest's tar reads on beyond the end mark of each. */
const packJob = async (folder: string, job: Job, clone: GuestClone | undefined): Promise<void> => {
  const files = join(folder, "files");
  const own = join(folder, "own.tar");
  const packed = join(folder, "job.tar");
  await mkdir(files);
  const inClone = "cd tare || exit 1\n. scripts/machines/guest/emulated.sh\n";
  await writeFile(join(files, "run"), job.withClone ? inClone + job.script : job.script);
  for (const path of job.copy ?? []) await cp(path, join(files, basename(path)), { recursive: true });
  await run("tar", ["--create", `--file=${own}`, `--directory=${files}`, "."]);
  const archives = [...(clone === undefined ? [] : [clone.archive]), own];
  await run("sh", ["-c", 'out=$1; shift; exec cat "$@" >"$out"', "sh", packed, ...archives]);
  // What QEMU offers as a disk is a whole number of blocks.
  await truncate(packed, Math.ceil((await stat(packed)).size / BLOCK_BYTES) * BLOCK_BYTES);
};

/** Without a boot program in its ROM, which QEMU's own package does not bring. */
const networkOf = ({ ports }: Job): readonly string[] => {
  if (ports === undefined) return ["-nic", "none"];
  const forwards = ports.map(({ here, there }) => `,hostfwd=tcp:127.0.0.1:${here}-:${there}`).join("");
  return ["-netdev", `user,id=net${forwards}`, "-device", "virtio-net-pci,netdev=net,romfile="];
};

const qemuArgs = (image: Image, job: Job, folder: string, payload: string | undefined): readonly string[] => {
  const { machine, machineOptions, cpu } = FACTS[image.architecture];
  const { securityModules } = KERNEL_FACTS[image.kernel];
  const drive = (id: string, file: string, more: string): readonly string[] => [
    "-drive",
    `id=${id},file=${file},format=raw,if=none,cache=unsafe,${more}`,
  ];
  const commandLine = [
    "root=/dev/nvme0n1 rootwait rootfstype=ext4 panic=-1",
    commandLineOf(image.architecture),
    ...(securityModules === null ? [] : [`lsm=${securityModules}`]),
    ...(image.flavour === "fast" ? [] : ["systemd.wants=tare-job.service"]),
  ].join(" ");
  const flags: readonly (readonly string[])[] = [
    ["-machine", `${machine},${machineOptions}`, "-cpu", cpu],
    // Never KVM: where a machine offers it but cannot keep it up, a guest hangs silently.
    ["-accel", "tcg,thread=multi"],
    ["-smp", String(job.cpus ?? 2), "-m", String(job.memoryMegabytes ?? 1536)],
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    networkOf(job),
    ["-kernel", image.vmlinuz, "-append", commandLine],
    ["-serial", `file:${join(folder, "serial.log")}`],
    drive("root", image.root, "snapshot=on"),
    drive("job", join(folder, "job.tar"), "readonly=on"),
    drive("results", join(folder, "results.tar"), "readonly=off"),
    // The root alone is on NVMe: kernels number several name spaces, or controllers, in any order.
    ["-device", "nvme,drive=root,serial=tare-root"],
    ...(payload === undefined
      ? []
      : [
          drive("payload", payload, "readonly=on"),
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

const textOf = async (file: string): Promise<string> => await readFile(file, "utf8").catch(() => "");

/** Throws `run-failed` with the guest's last console lines when it does not end by itself. The guest is gone in every case. */
export const runInGuest = async <T>(
  image: Image,
  job: Job,
  context: BuildContext,
  read: (end: JobEnd) => Promise<T>,
): Promise<T> => {
  const qemu = await findQemu(image.architecture, context);
  await removeLeftovers();
  // Not below /tmp, which may be in memory.
  const folder = unfinished(`guest-${randomUUID()}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const clone = job.withClone ? await cloneForGuest(image.architecture, folder, context) : undefined;
    await packJob(folder, job, clone);
    await writeFile(join(folder, "results.tar"), "");
    await truncate(join(folder, "results.tar"), MAX_RESULTS_BYTES);
    context.info(`booting ${image.architecture}, kernel ${image.kernelRelease}, QEMU ${qemu.version}`);
    const started = performance.now();
    const guest = execa(
      "setpriv",
      // A killed harness takes its guest along.
      [
        "--pdeathsig",
        "KILL",
        ...qemu.command,
        ...qemuArgs(image, job, folder, clone?.payload ?? job.payload),
      ],
      {
        reject: false,
        env: qemu.env,
        // Open and never written to: at its end QEMU would call the port closed, and the guest could not write any more.
        stdin: "pipe",
        timeout: job.timeoutMs,
        killSignal: "SIGKILL",
        ...(context.signal === undefined ? {} : { cancelSignal: context.signal }),
      },
    );
    guest.stdout.on("data", (piece: Buffer) => job.onOutput?.(piece.toString("utf8")));
    const ended = await guest;
    context.signal?.throwIfAborted();
    const seconds = Math.round((performance.now() - started) / 1000);
    const exitCode = (await textOf(join(folder, "exit"))).trim();
    if (/^\d+$/.test(exitCode)) {
      // A guest that wrote nothing leaves an empty folder.
      const results = join(folder, "results");
      await mkdir(results);
      const from = `--file=${join(folder, "results.tar")}`;
      await run("tar", ["--extract", from, `--directory=${results}`, "--no-same-owner"]);
      return await read({ exitCode: Number(exitCode), results, seconds, qemu: qemu.version });
    }
    const how = ended.timedOut
      ? `was not done after ${Math.round(job.timeoutMs / 1000)} s and was stopped`
      : `ended after ${seconds} s without a result (QEMU: exit status ${String(ended.exitCode)})`;
    const serial = lastLines(await textOf(join(folder, "serial.log")), 30);
    throw new TareError(
      "run-failed",
      [
        `the ${image.architecture} guest with kernel ${image.kernelRelease} ${how}`,
        ...lastLines(ended.stdout, 10),
        ...lastLines(ended.stderr, 5),
        "its console's last lines:",
        ...(serial.length === 0 ? ["(none)"] : serial),
      ].join("\n"),
      "a loaded machine emulates slowly: give it more time, or look at the console's lines above",
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
