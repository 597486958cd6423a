/** The project as git delivers it: files with their modes, and what the Makefiles build from them. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Clone {
  readonly root: string;
  /** By path: "100755" may be executed, "100644" may not. */
  readonly modes: ReadonlyMap<string, string>;
  readonly folders: ReadonlySet<string>;
  /** Names of programs below build/. */
  readonly built: ReadonlySet<string>;
  /** All code in which a flag can be read. */
  readonly sources: string;
}

const foldersAbove = (file: string): readonly string[] => {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersAbove(folder)];
};

export const cloneAt = (root: string): Clone => {
  // The owner of the checkout may be another than who tests it.
  const listed = spawnSync("git", ["-C", root, "-c", `safe.directory=${root}`, "ls-files", "--stage"], {
    encoding: "utf8",
  });
  const modes = new Map(
    [...listed.stdout.matchAll(/^(\d+) \S+ \d\t(.+)$/gm)].map(([, mode = "", path = ""]) => [path, mode]),
  );
  if (modes.size === 0) throw new Error(`git lists no files: ${listed.stderr}`);
  const files = [...modes.keys()];
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const makefiles = files
    .filter((file) => file.endsWith("/Makefile"))
    .map(read)
    .join("\n");
  const named = files
    .filter((file) => /^(?:bpf|scenarios)\/.*\.c$/.test(file))
    .map((file) => file.replace(/.*\/|\.c$/g, ""));
  return {
    root,
    modes,
    folders: new Set(files.flatMap(foldersAbove)),
    built: new Set([...named, ...(makefiles.match(/\btare-[\w-]+/g) ?? [])]),
    sources: files
      .filter((file) => /^(?:src|scripts|scenarios|bpf)\/.*\.(?:ts|sh|c|h)$/.test(file))
      .map(read)
      .join("\n"),
  };
};
