/** One boot of a guest whose clock is the count of its instructions: no disk, no network, one CPU, and no time but its own. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { execa } from "execa";
import { TareError } from "../../domain/errors.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { removeLeftovers, unfinished } from "../images/cache.ts";
import type { Qemu } from "../images/qemu.ts";
import { type BuildContext, run } from "../images/shell.ts";
import { lastLines } from "../last-lines.ts";
import { packArchive } from "./initramfs.ts";

interface Machine {
  readonly machine: string;
  readonly cpu: string;
}

/**
 * RDRAND: without it the kernel's random numbers are not ready for long, and connections that ask for some wait. HPET and USB would tick by
 * themselves.
 */
const MACHINES: Readonly<Record<Architecture, Machine>> = {
  amd64: { machine: "pc,usb=off,hpet=off", cpu: "Nehalem,-vmx,+rdrand" },
  arm64: { machine: "virt,gic-version=3", cpu: "cortex-a72" },
};

/** Nothing that the guest can read of the day on which it runs. */
const CLOCK = "base=2026-01-01T00:00:00,clock=vm";

export interface CountedBoot {
  readonly architecture: Architecture;
  readonly qemu: Qemu;
  readonly vmlinuz: string;
  readonly initramfs: string;
  /** What the guest does, for its shell. */
  readonly turns: string;
  readonly seed: number;
  /** `fixed`: kernel and programs lie where they always do. `random`: where the seed lets them. */
  readonly layout: "fixed" | "random";
  readonly memoryMegabytes: number;
  readonly timeoutMs: number;
}

/** Where the kernel's place is random it would hide itself from programs, whatever it is told of mitigations (arch/arm64/kernel/cpufeature.c). */
const NO_KPTI = "kpti=off";

/** khugepaged comes by every ten seconds, for as much as a thousand operations take. */
export const kernelLine = (architecture: Architecture, layout: CountedBoot["layout"]): string =>
  [
    `console=${FACTS[architecture].console}`,
    "quiet loglevel=3 random.trust_cpu=on random.trust_bootloader=on mitigations=off tsc=reliable panic=-1",
    "transparent_hugepage=never",
    ...(architecture === "arm64" ? [NO_KPTI] : []),
    ...(layout === "fixed" ? ["nokaslr norandmaps"] : []),
  ].join(" ");

/** What decides the count, beside the seed and the files. */
export const machineLine = (architecture: Architecture, memoryMegabytes: number): readonly string[] => {
  const { machine, cpu } = MACHINES[architecture];
  const flags: readonly (readonly string[])[] = [
    ["-icount", "shift=0,sleep=off,align=off", "-accel", "tcg,thread=single", "-smp", "1"],
    ["-m", String(memoryMegabytes), "-M", machine, "-cpu", cpu, "-rtc", CLOCK],
    "-nodefaults -no-user-config -display none -no-reboot -nic none".split(" "),
  ];
  return flags.flat();
};

const qemuArgs = (boot: CountedBoot, folder: string): readonly string[] => {
  const flags: readonly (readonly string[])[] = [
    machineLine(boot.architecture, boot.memoryMegabytes),
    ["-seed", String(boot.seed)],
    ["-kernel", boot.vmlinuz, "-initrd", join(folder, "initramfs")],
    ["-append", kernelLine(boot.architecture, boot.layout), "-serial", `file:${join(folder, "serial")}`],
  ];
  return flags.flat();
};

/** A second archive behind the first: the kernel unpacks one after the other. */
const writeInitramfs = async (folder: string, { initramfs, turns }: CountedBoot): Promise<void> => {
  const tree = join(folder, "tree");
  await mkdir(join(tree, "tare"), { recursive: true });
  await writeFile(join(tree, "tare/turns"), turns);
  const archive = join(folder, "turns");
  await packArchive(tree, archive);
  const joined = ["sh", initramfs, archive, join(folder, "initramfs")];
  await run("sh", ["-c", 'exec cat "$1" "$2" >"$3"', ...joined]);
};

const END = "tare:end";

const MAX_LINES = 20;
const MAX_LINE = 200;

/**
 * What the guest said on its serial line, to the byte.
 *
 * @throws TareError `run-failed` with the last lines for a guest that panics, stops for a reason of its own, or does not end in time
 */
export const bootCounted = async (boot: CountedBoot, context: BuildContext): Promise<string> => {
  await removeLeftovers();
  const folder = unfinished(`count-${randomUUID()}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeInitramfs(folder, boot);
    const { qemu } = boot;
    const ended = await execa(
      "setpriv",
      // A killed harness takes its guest along.
      ["--pdeathsig", "KILL", ...qemu.command, ...qemuArgs(boot, folder)],
      {
        reject: false,
        env: qemu.env,
        stdin: "ignore",
        timeout: boot.timeoutMs,
        killSignal: "SIGKILL",
        ...(context.signal === undefined ? {} : { cancelSignal: context.signal }),
      },
    );
    context.signal?.throwIfAborted();
    const serial = await readFile(join(folder, "serial"), "latin1").catch(() => "");
    const lines = serial.split("\n").map((line) => line.trimEnd());
    const failed = lines.find((line) => line.startsWith("tare:failed "))?.slice("tare:failed ".length);
    if (failed === undefined && lines.includes(END)) return serial;
    // What follows a panic, its stack and registers, is longer than the lines that are shown.
    const panic = /Kernel panic - not syncing: (.*)/.exec(serial)?.[1]?.trim();
    const how =
      panic !== undefined
        ? `panicked: ${panic}`
        : ended.timedOut
          ? `was not done after ${Math.round(boot.timeoutMs / 1000)} s and was stopped`
          : failed === undefined
            ? `ended before it was done (QEMU: exit status ${String(ended.exitCode)})`
            : `gave up: ${failed}`;
    throw new TareError(
      "run-failed",
      [
        `the ${boot.architecture} guest with seed ${boot.seed} ${how}`,
        ...lastLines(ended.stderr, 5),
        "its last lines:",
        ...lastSaid(serial),
      ].join("\n"),
      adviceFor(serial, ended.timedOut),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Beside what is told of the trials, which is long and says nothing of a failure. */
const lastSaid = (serial: string): readonly string[] =>
  lastLines(serial.replaceAll(/^tare:(?:threads|own|result|drained)\b.*$/gm, ""), MAX_LINES).map((line) =>
    line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}...` : line,
  );

const adviceFor = (serial: string, timedOut: boolean): string => {
  if (/out of memory|oom-kill|No space left|Initramfs unpacking failed/i.test(serial))
    return "the guest has too little memory for that agent: give it more with --memory";
  return timedOut
    ? "a loaded machine emulates slowly: give it more time with --time-limit"
    : "the lines above are the guest's own";
};
