/** Which shared libraries a program needs, by what readelf says of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TareError } from "../../domain/errors.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { run } from "../images/shell.ts";

export interface Linked {
  /** As readelf names it, such as `AArch64`; undefined for a file that is no program. */
  readonly machine: string | undefined;
  readonly interpreter: string | undefined;
  readonly needed: readonly string[];
}

/** From `readelf --file-header --program-headers --dynamic`. */
export const linkedIn = (text: string): Linked => ({
  machine: /^\s*Machine:\s+(.+)$/m.exec(text)?.[1]?.trim(),
  interpreter: /\[Requesting program interpreter: ([^\]]+)\]/.exec(text)?.[1],
  needed: [...text.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].flatMap(([, name]) => name ?? []),
});

const MACHINES: Readonly<Record<Architecture, string>> = {
  amd64: "Advanced Micro Devices X86-64",
  arm64: "AArch64",
};

const readLinked = async (file: string): Promise<Linked> =>
  linkedIn(await run("readelf", ["--wide", "--file-header", "--program-headers", "--dynamic", file]));

const findLibrary = (tree: string, architecture: Architecture, name: string): string | undefined => {
  const { multiarch } = FACTS[architecture];
  return [`usr/lib/${multiarch}`, `lib/${multiarch}`, "usr/lib", "lib", "usr/lib64", "lib64"]
    .map((folder) => join(folder, name))
    .find((file) => existsSync(join(tree, file)));
};

/**
 * Paths below the tree of what the programs are linked with, interpreters among them, sorted.
 *
 * @throws TareError `host-unfit` for a program of another architecture, and for a library that the tree does not hold
 */
export const librariesFor = async (
  programs: readonly string[],
  tree: string,
  architecture: Architecture,
): Promise<readonly string[]> => {
  const found = new Set<string>();
  const waiting = [...programs];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const { machine, interpreter, needed } = await readLinked(file);
    if (machine !== MACHINES[architecture]) {
      const what = machine === undefined ? "is no program" : `is for ${machine}`;
      throw new TareError(
        "host-unfit",
        `${file} ${what}, and the guest is ${architecture}`,
        `give the file for ${architecture}, or another --arch`,
      );
    }
    const names = interpreter === undefined ? needed : [...needed, interpreter.slice(1)];
    for (const name of names) {
      const path = name.includes("/") ? name : findLibrary(tree, architecture, name);
      if (path === undefined || !existsSync(join(tree, path))) {
        throw new TareError(
          "host-unfit",
          `${file} needs the library ${name}, which the guest's Debian packages do not bring`,
          "a statically linked program needs none",
        );
      }
      if (found.has(path)) continue;
      found.add(path);
      waiting.push(join(tree, path));
    }
  }
  return [...found].toSorted();
};
