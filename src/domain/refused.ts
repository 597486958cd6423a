/** What to do where the system refuses a file or a folder, by its name for the error (errno(3)). */
import { codeOf } from "./errors.ts";

type Hints = Readonly<Record<string, (elsewhere: string) => string>>;

const EITHER: Hints = {
  ELOOP: (elsewhere) =>
    `a symbolic link is in the way, or links lead in a circle: remove it, or ${elsewhere}`,
  ENAMETOOLONG: (elsewhere) => `the path is too long: ${elsewhere}`,
  EMFILE: () => "too many files are open: raise the limit (ulimit -n) and try again",
  ENFILE: () => "too many files are open on this machine: raise fs.file-max and try again",
  EIO: (elsewhere) => `its disk fails (dmesg): ${elsewhere}`,
};

const WRITING: Hints = {
  ...EITHER,
  EROFS: (elsewhere) =>
    `it is on a file system that is mounted read-only: mount it writable, or ${elsewhere}`,
  ENOENT: (elsewhere) => `no folder can be made there: ${elsewhere}`,
  EACCES: (elsewhere) => `run the same command as root, or ${elsewhere}`,
  EPERM: (elsewhere) =>
    `run the same command as root, or ${elsewhere}; of root too, a file system may refuse it (lsattr, findmnt)`,
  ENOTDIR: (elsewhere) => `a part of that path is no folder: move it away, or ${elsewhere}`,
  EISDIR: (elsewhere) => `a folder stands there: move it away, or ${elsewhere}`,
  EEXIST: (elsewhere) => `something else stands there: move it away, or ${elsewhere}`,
  ENOSPC: (elsewhere) => `make room there and try again, or ${elsewhere}`,
  EDQUOT: (elsewhere) => `make room there and try again, or ${elsewhere}`,
};

/** Of what is written or made; `elsewhere`: the other way out, such as "name another folder with --out". */
export const refusedHint = (error: unknown, elsewhere: string): string =>
  WRITING[codeOf(error)]?.(elsewhere) ?? `see whether that folder is as it should be, or ${elsewhere}`;

const READING: Hints = {
  ...EITHER,
  ENOENT: (instead) => `nothing is there: ${instead}`,
  ENOTDIR: (instead) => `a part of that path is no folder: ${instead}`,
  EISDIR: (instead) => `it is a folder: ${instead}`,
  EACCES: (instead) => `it is not yours to read: make it readable, or ${instead}`,
  EPERM: (instead) => `it is not yours to read: make it readable, or ${instead}`,
};

/** Of a file that is read; `instead`: such as "name another file". */
export const unreadHint = (error: unknown, instead: string): string =>
  READING[codeOf(error)]?.(instead) ?? `see what is there, or ${instead}`;
