/** Why a process could not be started, and what to do about that, by the system's name for the error (errno(3)). */
import { stat } from "node:fs/promises";
import { codeOf, messageOf, TareError } from "../domain/errors.ts";
import type { StartSpec } from "../domain/host.ts";

type Started = Pick<StartSpec, "command" | "cwd">;

/** What is there under that name, which cannot be executed. */
export const notExecutable = async ({ command }: Started): Promise<TareError> => {
  const found = command.includes("/") ? await stat(command).catch(codeOf) : "ENOENT";
  const refuse = (why: string, hint: string): TareError =>
    new TareError("run-failed", `cannot start ${command}: ${why}`, hint);
  if (found === "ENOENT" || found === "ENOTDIR")
    return refuse("no such executable", "is it installed? see `tare agents`");
  if (typeof found === "string") return refuse(found, "see who may look into the folders above it");
  return found.isFile()
    ? refuse(
        "it may not be executed",
        `chmod +x ${command}; of root too, a file system that is mounted noexec lets nothing be executed (findmnt -T ${command})`,
      )
    : refuse("it is no file", "name the program itself");
};

const HINTS: Readonly<Record<string, string>> = {
  E2BIG:
    "its arguments and environment are longer than the kernel takes (each at most 128 KiB, together a quarter of ulimit -s): give it fewer, or unset long variables",
  EAGAIN:
    "no more processes may be started: see ulimit -u, kernel.threads-max, and pids.max of the cgroup that tare runs in",
  ENOMEM: "the node has no memory left for another process: free some and start again",
  EMFILE: "tare has too many files open: raise its limit (ulimit -n) and start again",
  ENFILE: "too many files are open on the node: raise fs.file-max and start again",
  ENOEXEC: "/bin/sh, which starts it, is no program for this machine",
  ENOENT: "/bin/sh, which starts it, is not there",
  EACCES: "/bin/sh, which starts it, may not be executed: see its mode, and the log of a security module",
  EPERM: "a seccomp filter or a security module refuses it: see its log",
};

/** What the system said is about the program or about the folder that it was to start in, and names the program. */
const folderFault = async (cwd: string): Promise<string | undefined> =>
  await stat(cwd).then(
    (found) => (found.isDirectory() ? undefined : "which is no folder"),
    (error: unknown) => `which cannot be entered: ${messageOf(error)}`,
  );

export const notStarted = async ({ command, cwd }: Started, error: unknown): Promise<TareError> => {
  const fault = cwd === undefined ? undefined : await folderFault(cwd);
  return fault === undefined
    ? new TareError(
        "run-failed",
        `cannot start ${command}: ${messageOf(error)}`,
        HINTS[codeOf(error)] ?? "run it by hand, and see what the system says",
        { cause: error },
      )
    : new TareError(
        "run-failed",
        `cannot start ${command} in ${cwd ?? ""}, ${fault}`,
        "make that folder, or name another",
        {
          cause: error,
        },
      );
};
