/** A bpftrace program, fitted to the machine and to the version of bpftrace. */
import type { Host } from "../../domain/host.ts";
import { syscallTracepoints } from "./obstacle.ts";
import { versionOf } from "./probe.ts";

export const fitProgram = async (host: Host, program: string): Promise<string> =>
  await withExecPath(host, onlyPresentProbes(program, await syscallTracepoints(host)));

/** System calls that arm64 does not have, by their tracepoints. */
const NOT_ON_ARM64 = ["sys_enter_open", "sys_enter_creat", "sys_enter_rename", "sys_enter_unlink"];

/** The same for another machine, of which only the architecture is known. */
export const fitArchitecture = (program: string, arch: string): string => {
  const asked = Array.from(program.matchAll(/tracepoint:syscalls:(\w+)/g), ([, name = ""]) => name);
  const present = asked.filter((name) => arch === "x86_64" || !NOT_ON_ARM64.includes(name));
  return onlyPresentProbes(program, present);
};

/** Probes, one a line with commas between them, and their body. */
const BLOCK = /^((?:tracepoint:\S+\n)+)\{\n[^]*?\n\}\n/gm;
const SYSCALL = "tracepoint:syscalls:";

/** bpftrace refuses a system call that the machine does not have: without those that are not in `present` (`sys_enter_open` ...), and without bodies that lose all. */
const onlyPresentProbes = (program: string, present: readonly string[]): string =>
  program.replaceAll(BLOCK, (block: string, list: string) => {
    const probes = list.split(/[\s,]+/).filter((probe) => probe !== "");
    const kept = probes.filter(
      (probe) => !probe.startsWith(SYSCALL) || present.includes(probe.slice(SYSCALL.length)),
    );
    return kept.length === 0 ? "" : `${kept.join(",\n")}\n${block.slice(list.length)}`;
  });

/**
 * bpftrace 0.22 and 0.23 make an empty or cut string of a tracepoint's `__data_loc` field, such as the path of sched_process_exec
 * (https://github.com/bpftrace/bpftrace/pull/4238). The raw tracepoint has the path as the kernel holds it; 0.17 does not know how to attach to that.
 */
const FIRST = [0, 22] as const;
const FIXED = [0, 24] as const;

const isBefore = ([major, minor]: readonly [number, number], [a, b]: readonly [number, number]): boolean =>
  major < a || (major === a && minor < b);

const EXEC_PROBE = "tracepoint:sched:sched_process_exec";

/**
 * A program that asks for `args->filename` in its probe of sched_process_exec, and in no other, as this version understands it. Unchanged without such a
 * probe, and where the version is not known.
 */
const withExecPath = async (host: Host, program: string): Promise<string> => {
  if (!program.includes(EXEC_PROBE)) return program;
  const version = await versionOf(host, "bpftrace");
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (major === undefined || minor === undefined) return program;
  const found = [Number(major), Number(minor)] as const;
  if (isBefore(found, FIRST) || !isBefore(found, FIXED)) return program;
  return program
    .replaceAll(EXEC_PROBE, "rawtracepoint:sched_process_exec")
    .replaceAll("str(args->filename)", "str(kptr(((struct linux_binprm *)arg2)->filename))");
};
