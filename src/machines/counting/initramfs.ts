/**
 * The file system of a guest that counts: busybox, the workloads, the sensor, and what one agent needs. The same inputs give the same bytes on
 * every machine.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GuestStart } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import { guestScript } from "../clone.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { baseRecipe } from "../images/base.ts";
import { cached, hashOf, type Recipe } from "../images/cache.ts";
import { hostRelease } from "../images/mirror.ts";
import { programsRecipe } from "../images/programs.ts";
import { type BuildContext, need, run } from "../images/shell.ts";
import { librariesFor } from "./libraries.ts";

const MAKING = "making a guest that counts";

/** Times and owners say nothing of the content, and neither do the modes that this user's umask gives. */
const PACK = `cd "$1"
chmod -R u=rwX,go=rX .
find . -exec touch -h -d @1700000000 {} +
find . | LC_ALL=C sort | cpio --quiet --create --format=newc --reproducible --owner=0:0 >"$2"`;

/** An archive of a folder for the kernel to unpack. */
export const packArchive = async (tree: string, archive: string): Promise<void> => {
  await need({ cpio: "cpio" }, MAKING);
  await run("sh", ["-euc", PACK, "sh", tree, archive]);
};

export const digestOf = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

const PROGRAM_FOLDERS = ["usr/sbin", "usr/bin", "sbin", "bin"];

const findProgram = (tree: string, name: string): string => {
  const found = PROGRAM_FOLDERS.map((folder) => join(folder, name)).find((path) =>
    existsSync(join(tree, path)),
  );
  if (found !== undefined) return found;
  throw new TareError(
    "host-unfit",
    `the guest's Debian packages bring no program ${name}`,
    "the packages are those of src/machines/images/base.ts",
  );
};

const place = async (from: string, tree: string, path: string): Promise<string> => {
  const to = join(tree, path);
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  return to;
};

/** Of what is built, that which a guest runs. Names for debuggers tell in which folder it was built. */
const placeBuilt = async (
  build: string,
  tree: string,
  architecture: Architecture,
): Promise<readonly string[]> => {
  const strip = `${FACTS[architecture].multiarch}-strip`;
  await need({ [strip]: "binutils", "llvm-strip": "llvm" }, MAKING);
  const names = globSync("{bpf/tare-sensor,bpf/*.bpf.o,bpf/calibration/*,scenarios/*}", { cwd: build });
  const programs: string[] = [];
  for (const name of names.filter((one) => !/\.(o|node)$/.test(one) || one.endsWith(".bpf.o"))) {
    const file = await place(join(build, name), tree, join("tare/build", name));
    const isForKernel = name.endsWith(".o");
    await run(isForKernel ? "llvm-strip" : strip, ["--strip-debug", file]);
    if (!isForKernel) programs.push(file);
  }
  return programs;
};

/** What of an agent is in its guest; the rest is told by the turns. */
export type GuestParts = Pick<GuestStart, "programs" | "files">;

const initramfsRecipe = async (
  architecture: Architecture,
  id: string,
  { programs, files }: GuestParts,
): Promise<Recipe> => {
  const base = await baseRecipe(architecture, "fast", await hostRelease());
  const built = await programsRecipe(architecture);
  const script = guestScript("count.sh");
  const own = await readFile(import.meta.filename, "utf8");
  return {
    name: `count-${architecture}-${id}`,
    inputs: {
      base: hashOf(base.inputs),
      built: hashOf(built.inputs),
      script: await readFile(script, "utf8"),
      programs,
      files,
      own: hashOf(own),
    },
    megabytes: 1500,
    seconds: 15,
    build: async (folder, context) => {
      await need({ readelf: "binutils" }, MAKING);
      const [debian, tree] = [join(folder, "debian"), join(folder, "tree")];
      for (const path of [debian, tree]) await mkdir(path);
      const archive = join((await cached(base, context)).folder, "root.tar");
      const kept = ["--exclude=./dev/*", "--keep-directory-symlink"];
      await run("tar", ["--extract", `--file=${archive}`, `--directory=${debian}`, ...kept]);
      const { folder: madeAt } = await cached(built, context);
      const own = await placeBuilt(join(madeAt, "build"), tree, architecture);
      const theirs = programs.map((name) => findProgram(debian, name));
      for (const path of theirs) await place(join(debian, path), tree, path);
      const linked = [...own, ...theirs.map((path) => join(debian, path))];
      for (const path of await librariesFor(linked, debian, architecture))
        await place(join(debian, path), tree, path);
      await place(join(debian, "usr/bin/busybox"), tree, "bin/busybox");
      for (const [name, text] of Object.entries(files)) {
        const path = join(tree, "tare/agents", id, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
      await place(script, tree, "init");
      // For names of users: a daemon gives its log to a group.
      for (const name of ["passwd", "group", "nsswitch.conf"])
        await place(join(debian, "etc", name), tree, join("etc", name));
      for (const path of ["dev", "proc", "run", "sys", "tmp"]) await mkdir(join(tree, path));
      await run("chmod", ["755", join(tree, "init"), join(tree, "bin/busybox")]);
      await packArchive(tree, join(folder, "initramfs"));
      for (const path of [debian, tree]) await run("rm", ["-rf", path]);
      return { sha256: await digestOf(join(folder, "initramfs")) };
    },
  };
};

export interface Initramfs {
  readonly path: string;
  readonly sha256: string;
}

export const makeInitramfs = async (
  architecture: Architecture,
  id: string,
  parts: GuestParts,
  context: BuildContext,
): Promise<Initramfs> => {
  const { folder, facts } = await cached(await initramfsRecipe(architecture, id, parts), context);
  return { path: join(folder, "initramfs"), sha256: facts["sha256"] ?? "" };
};
