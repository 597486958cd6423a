/** tare as it is used and not worked on: its sources, its npm packages, Node, and what is built of C, of one architecture. */
import { chmod, copyFile, cp, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CLONE } from "../clone.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { cached } from "../images/cache.ts";
import { copyPackages, nodeRecipe, productionPackages, readLock, UNREAD } from "../images/payload.ts";
import { programsRecipe } from "../images/programs.ts";
import { type BuildContext, run } from "../images/shell.ts";

/** Of the files that git knows. */
const SOURCES =
  /^(?:src\/|scenarios\/.*\.ts$|scripts\/packages\.txt$|package\.json$|LICENSE$|bpf\/LICENSE\.)/;

/** By which names it is started: krew takes no links. */
export const LAUNCHERS = ["tare", "kubectl-tare"] as const;

export const makeApplication = async (
  folder: string,
  architecture: Architecture,
  context: BuildContext,
): Promise<void> => {
  await copySources(folder);
  await copyModules(folder, architecture, context);
  await copyPrograms(folder, architecture, context);
  for (const name of LAUNCHERS) {
    await copyFile(join(CLONE, "scripts/image/tare"), join(folder, name));
    await chmod(join(folder, name), 0o755);
  }
};

const copySources = async (folder: string): Promise<void> => {
  const tracked = (await run("git", ["ls-files"], { cwd: CLONE })).split("\n");
  for (const file of tracked.filter((path) => SOURCES.test(path) && existsSync(join(CLONE, path)))) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await copyFile(join(CLONE, file), join(folder, file));
  }
};

const copyModules = async (
  folder: string,
  architecture: Architecture,
  context: BuildContext,
): Promise<void> => {
  const modules = join(folder, "node_modules");
  const { lock, node } = await readLock();
  await copyPackages(modules, productionPackages(lock));
  const names = UNREAD.flatMap((pattern, index) => [...(index === 0 ? [] : ["-o"]), "-name", pattern]);
  await run("find", [modules, "-type", "f", "(", ...names, ")", "-delete"]);
  await run("find", [modules, "-type", "d", "-empty", "-delete"]);
  const program = await cached(nodeRecipe(architecture, node), context);
  await mkdir(join(modules, "node/bin"), { recursive: true });
  // Without its names for debuggers it is a sixth smaller. LLVM's strip knows every architecture.
  await run("llvm-strip", ["-o", join(modules, "node/bin/node"), join(program.folder, "node")]);
};

/**
 * What is linked, and the BPF programs that the sensor loads; not what is linked of. Without what debuggers read and the digest of that, for
 * they name the folder that it was built in.
 */
const copyPrograms = async (
  folder: string,
  architecture: Architecture,
  context: BuildContext,
): Promise<void> => {
  const programs = await cached(await programsRecipe(architecture), context);
  const build = join(folder, "build");
  for (const part of ["bpf", "scenarios"])
    await cp(join(programs.folder, "build", part), join(build, part), { recursive: true });
  const bpf = ["-name", "*.bpf.o"];
  await run("find", [build, "-type", "f", "-name", "*.o", "!", ...bpf, "-delete"]);
  await run("find", [build, "-type", "f", ...bpf, "-exec", "llvm-strip", "--strip-debug", "{}", "+"]);
  // LLVM's takes a static program's relocations for damage.
  const strip = [
    `${FACTS[architecture].multiarch}-strip`,
    "--strip-debug",
    "--remove-section=.note.gnu.build-id",
  ];
  await run("find", [build, "-type", "f", "!", ...bpf, "-exec", ...strip, "{}", "+"]);
};
