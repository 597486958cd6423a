/** What the system refused while a release was put into its place, and what to do about that. */
import { messageOf, TareError } from "../domain/errors.ts";

const ELSEWHERE = "or name another folder with TARE_AGENTS_FOLDER";

const HINTS: Readonly<Record<string, string>> = {
  EROFS: `it is on a file system that is mounted read-only: mount it writable, ${ELSEWHERE}`,
  ENOENT: "no folder can be made there: name another with TARE_AGENTS_FOLDER",
  EACCES: `run the same command as root, ${ELSEWHERE}`,
  EPERM: `run the same command as root, ${ELSEWHERE}; of root too, a file system may refuse it (lsattr, findmnt)`,
  ENOTDIR: `a part of that path is no folder: move it away, ${ELSEWHERE}`,
  EEXIST: `something else stands there: move it away, ${ELSEWHERE}`,
  ELOOP: `its symbolic links lead in a circle: mend them, ${ELSEWHERE}`,
  ENAMETOOLONG: "name a shorter folder with TARE_AGENTS_FOLDER",
  ENOSPC: "make room there and try again",
  EDQUOT: "make room there and try again",
};

const codeOf = (error: unknown): string => {
  const { code, cause } = error as NodeJS.ErrnoException & { readonly cause?: unknown };
  return code ?? (cause === undefined || cause === null ? "" : codeOf(cause));
};

/** `what`: what could not be done. */
export const refusedBySystem = (what: string, error: unknown): TareError => {
  const code = codeOf(error);
  return new TareError(
    "host-unfit",
    `${what}: ${messageOf(error)}`,
    HINTS[code] ?? "see whether that folder is as it should be, or name another with TARE_AGENTS_FOLDER",
    { cause: error },
  );
};
