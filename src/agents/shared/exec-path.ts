/**
 * bpftrace 0.22 and 0.23 make an empty or cut string of a tracepoint's `__data_loc` field, such as the path of sched_process_exec
 * (https://github.com/bpftrace/bpftrace/pull/4238). The raw tracepoint has the path as the kernel holds it; 0.17 does not know how to attach to that.
 */
import type { Host } from "../../domain/host.ts";
import { versionOf } from "./version.ts";

const FIRST = [0, 22] as const;
const FIXED = [0, 24] as const;

const isBefore = ([major, minor]: readonly [number, number], [a, b]: readonly [number, number]): boolean =>
  major < a || (major === a && minor < b);

const PROBE = "tracepoint:sched:sched_process_exec";

/**
 * A program that asks for `args->filename` in its probe of sched_process_exec, and in no other, as this version understands it. Unchanged without such a
 * probe, and where the version is not known.
 */
export const withExecPath = async (host: Host, program: string): Promise<string> => {
  if (!program.includes(PROBE)) return program;
  const version = await versionOf(host, "bpftrace");
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (major === undefined || minor === undefined) return program;
  const found = [Number(major), Number(minor)] as const;
  if (isBefore(found, FIRST) || !isBefore(found, FIXED)) return program;
  return program
    .replaceAll(PROBE, "rawtracepoint:sched_process_exec")
    .replaceAll("str(args->filename)", "str(kptr(((struct linux_binprm *)arg2)->filename))");
};
