/** Archives of a folder that are the same bytes whenever and wherever they are made of the same files. */
import { run } from "../images/shell.ts";

export interface Stamp {
  /** Seconds since 1970, for every file. */
  readonly epoch: number;
}

const ALWAYS_THE_SAME = [
  "--sort=name",
  "--numeric-owner",
  "--format=posix",
  // The process's id is in the name otherwise.
  "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
];

/** `asRoots`: files of a clone, whose owners and modes are those of who made it. */
export const archiveOf = async (
  file: string,
  folder: string,
  { epoch }: Stamp,
  { asRoots = false } = {},
): Promise<void> => {
  const owners = asRoots ? ["--owner=0", "--group=0", "--mode=u=rwX,go=rX"] : [];
  await run("tar", [
    "--create",
    ...ALWAYS_THE_SAME,
    `--mtime=@${epoch}`,
    ...owners,
    `--file=${file}`,
    `--directory=${folder}`,
    ".",
  ]);
};
