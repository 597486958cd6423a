/** Techniques that agents of one kind see, or do not see, together. */
import type { TechniqueId } from "../../domain/techniques/all.ts";

export const URING_OPENS = [
  "open-io-uring",
  "open-io-uring-sqpoll",
] as const satisfies readonly TechniqueId[];
export const URING = [...URING_OPENS, "connect-io-uring"] as const satisfies readonly TechniqueId[];
export const COMPAT = [
  "exec-32-bit-call",
  "open-32-bit-call",
  "connect-32-bit-call",
] as const satisfies readonly TechniqueId[];
/** The call's path is empty: what is executed is a descriptor. */
export const EXECVEAT = [
  "exec-descriptor",
  "exec-deleted",
  "exec-memfd",
] as const satisfies readonly TechniqueId[];
/** Where the caller's words for a program are not the program's whole path. */
export const UNRESOLVED_EXECS = [
  "exec-relative",
  "exec-loader",
  "exec-memfd-proc",
] as const satisfies readonly TechniqueId[];
/** The same of a file. */
export const UNRESOLVED_OPENS = [
  "open-relative",
  "open-dirfd",
  "open-symlink",
  "open-chroot",
] as const satisfies readonly TechniqueId[];
export const UNCONNECTED = ["connect-fast-open", "connect-sendto"] as const satisfies readonly TechniqueId[];
export const IPV6 = ["connect-ipv6", "connect-ipv4-mapped"] as const satisfies readonly TechniqueId[];

/** Their program lies in the watched directory, which stands for those of temporary files, and they name it by its whole path. */
export const TEMPORARY_EXECS = [
  "exec-path",
  "exec-spawn",
  "exec-script",
  "exec-thread",
  "exec-bind-mount",
  "exec-user-namespace",
  "exec-pid-namespace",
  "exec-32-bit-program",
] as const satisfies readonly TechniqueId[];

/** The same, however the caller names it: by the whole path that the kernel has, which a script's and a loader's programs lie outside of. */
export const RESOLVED_TEMPORARY_EXECS = [
  ...TEMPORARY_EXECS.filter((id) => id !== "exec-script"),
  "exec-relative",
  "exec-descriptor",
  "exec-deleted",
  "exec-untouched-path",
  "exec-overlay",
  "exec-32-bit-call",
] as const satisfies readonly TechniqueId[];

export const EXECS = [
  "exec-path",
  "exec-relative",
  "exec-spawn",
  "exec-descriptor",
  "exec-deleted",
  "exec-memfd",
  "exec-memfd-proc",
  "exec-script",
  "exec-loader",
  "exec-thread",
  "exec-untouched-path",
  "exec-bind-mount",
  "exec-overlay",
  "exec-user-namespace",
  "exec-pid-namespace",
  "exec-32-bit-call",
  "exec-32-bit-program",
] as const satisfies readonly TechniqueId[];
