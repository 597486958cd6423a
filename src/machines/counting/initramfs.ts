/**
 * The file system of a guest that counts: busybox, the workloads, the sensor, and what one agent needs. The same inputs give the same bytes on
 * every machine.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GuestStart } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import { guestScript } from "../clone.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { baseRecipe } from "../images/base.ts";
import { cached, hashOf, type Recipe } from "../images/cache.ts";
import { treeRecipe } from "../images/debian.ts";
import { hostRelease } from "../images/mirror.ts";
import { programsRecipe } from "../images/programs.ts";
import { type BuildContext, need, run } from "../images/shell.ts";
import { headOf } from "./head-of.ts";
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

/** `name`: or a path of the tree, for what is on no PATH. */
const findProgram = (tree: string, name: string): string => {
  const found = [name, ...PROGRAM_FOLDERS.map((folder) => join(folder, name))].find((path) =>
    existsSync(join(tree, path)),
  );
  if (found !== undefined) return found;
  throw new TareError(
    "host-unfit",
    `the guest's Debian packages bring no program ${name}`,
    "the packages are those of src/machines/images/base.ts, and those that the agent's file names",
  );
};

/** What the guest's own script runs beside busybox. */
const OWN_PROGRAMS = ["bpftool", "zstd"];
/** Those of them that src/machines/images/base.ts does not name. */
const OWN_PACKAGES = ["zstd"];

export const packagesRecipe = async (
  architecture: Architecture,
  packages: readonly string[],
): Promise<Recipe> => {
  const own = [...new Set([...OWN_PACKAGES, ...packages])].toSorted();
  const tree = { architecture, suites: [await hostRelease()], packages: own, variant: "extract" } as const;
  return treeRecipe(`count-packages-${architecture}`, tree, { megabytes: 500, seconds: 20 });
};

const place = async (from: string, tree: string, path: string): Promise<string> => {
  const to = join(tree, path);
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  return to;
};

/** What a guest runs beside the workloads that are counted: the known loop, what an exec starts, and a window of nothing. */
const ITS_OWN = ["known-loop", "noop", "syscall-tax"];

/** Returns the programs among it. Names for debuggers tell in which folder it was built. */
const placeBuilt = async (
  build: string,
  tree: string,
  architecture: Architecture,
  patterns: readonly string[],
): Promise<readonly string[]> => {
  const strip = `${FACTS[architecture].multiarch}-strip`;
  await need({ [strip]: "binutils", "llvm-strip": "llvm" }, MAKING);
  const programs: string[] = [];
  for (const name of globSync([...patterns], { cwd: build })) {
    const file = await place(join(build, name), tree, join("tare/build", name));
    const isForKernel = name.endsWith(".o");
    await run(isForKernel ? "llvm-strip" : strip, ["--strip-debug", file]);
    if (!isForKernel) programs.push(file);
  }
  return programs;
};

const HASH = 'cd "$1" && find -L . -type f | LC_ALL=C sort | xargs -d "\\n" sha256sum';

const digestsOf = async (brought: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
  const digests: Record<string, string> = {};
  for (const [path, from] of Object.entries(brought)) {
    const found = await stat(from).catch(() => undefined);
    if (found === undefined)
      throw new TareError("host-unfit", `${from} is not there`, "it is what the agent is made of");
    digests[path] = found.isDirectory()
      ? hashOf(await run("sh", ["-euc", HASH, "sh", from]))
      : await digestOf(from);
  }
  return digests;
};

const SHELLS = /^#!\s*(?:\/usr)?\/bin\/(?:env\s+)?(?:busybox\s+)?(?:da)?sh\b/;

/** Whether it has libraries: a script has none. A file that nothing runs is none of both. */
const isProgram = async (file: string): Promise<boolean> => {
  const { mode } = await stat(file);
  if ((mode & 0o111) === 0) return false;
  const text = await headOf(file, 200);
  if (!text.startsWith("#!")) return true;
  if (SHELLS.test(text)) return false;
  throw new TareError(
    "host-unfit",
    `${file} begins with ${text.split("\n")[0] ?? ""}, and the guest has no interpreter but a shell`,
    "a guest that counts runs programs and scripts of /bin/sh",
  );
};

const ELF = "\u007fELF";

/** Of a folder, in which there may be anything. */
const isLinked = async (file: string): Promise<boolean> => {
  const found = await stat(file);
  if (!found.isFile() || (found.mode & 0o111) === 0 || file.endsWith(".o")) return false;
  return (await headOf(file, ELF.length)) === ELF;
};

/** Returns the programs among what is brought. */
const placeBrought = async (
  brought: Readonly<Record<string, string>>,
  tree: string,
): Promise<readonly string[]> => {
  const programs: string[] = [];
  for (const [path, from] of Object.entries(brought)) {
    if ((await stat(from)).isDirectory()) {
      await mkdir(join(tree, path), { recursive: true });
      await run("cp", ["-RL", `${from}/.`, join(tree, path)]);
      for (const name of globSync("**/*", { cwd: join(tree, path) })) {
        const file = join(tree, path, name);
        if (await isLinked(file)) programs.push(file);
      }
    } else {
      await place(from, tree, path);
      if (await isProgram(from)) programs.push(from);
    }
  }
  return programs;
};

/** What of an agent is in its guest; the rest is told by the turns. */
export interface GuestParts extends Pick<
  GuestStart,
  "programs" | "files" | "packages" | "brought" | "built"
> {
  /** Programs of workloads, by their names in `build/scenarios`. */
  readonly workloads: readonly string[];
}

const OVERLAY = 'tar -C "$1" -c --exclude=./dev . | tar -C "$2" -x --keep-directory-symlink --skip-old-files';

const initramfsRecipe = async (
  architecture: Architecture,
  id: string,
  { programs, files, packages = [], brought = {}, built: wanted = [], workloads }: GuestParts,
): Promise<Recipe> => {
  const patterns = [...wanted, ...[...ITS_OWN, ...workloads].map((name) => `scenarios/${name}`)];
  const extra = await packagesRecipe(architecture, packages);
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
      extra: hashOf(extra.inputs),
      programs,
      files,
      brought: await digestsOf(brought),
      patterns,
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
      const { folder: extraAt } = await cached(extra, context);
      await run("sh", ["-euc", OVERLAY, "sh", join(extraAt, "tree"), debian]);
      const { folder: madeAt } = await cached(built, context);
      const own = await placeBuilt(join(madeAt, "build"), tree, architecture, patterns);
      const theirs = [...OWN_PROGRAMS, ...programs].map((name) => findProgram(debian, name));
      for (const path of theirs) await place(join(debian, path), tree, path);
      const vendors = await placeBrought(brought, tree);
      const linked = [...own, ...theirs.map((path) => join(debian, path)), ...vendors];
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
