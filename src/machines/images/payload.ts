/** What a guest without network needs to run tare: Node, npm packages that run without a compiler, built programs, the clone. */
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { TareError } from "../../domain/errors.ts";
import { CLONE } from "../clone.ts";
import { type Architecture, FACTS } from "../guests.ts";
import { cached, hashOf, isCached, type Recipe } from "./cache.ts";
import { makeFileSystem } from "./file-system.ts";
import { programsRecipe } from "./programs.ts";
import { type BuildContext, run } from "./shell.ts";

interface LockEntry {
  readonly dev?: boolean;
  readonly version?: string;
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const FOR_TESTS = "node_modules/vitest";
/** vitest takes one file of it that needs nothing else; what vite depends on is of one architecture. */
const ALONE = "node_modules/vite";

/** Where a package finds another: in its own folder first, then in those above. */
const resolveIn = (lock: Lock, from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (path in lock.packages) return path;
    if (folder === "") return undefined;
  }
};

/** These packages with all that they need, as far as they run on any architecture. */
const closureOf = (lock: Lock, paths: readonly string[]): ReadonlySet<string> => {
  const wanted = new Set<string>();
  const visit = (path: string): void => {
    const entry = lock.packages[path];
    if (wanted.has(path) || entry === undefined || entry.cpu !== undefined) return;
    wanted.add(path);
    for (const name of Object.keys(entry.dependencies ?? {})) {
      const found = resolveIn(lock, path, name);
      if (found !== undefined) visit(found);
    }
  };
  paths.forEach(visit);
  return wanted;
};

const notForDevelopment = (lock: Lock): readonly string[] =>
  Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== "" && dev !== true)
    .map(([path]) => path);

/** What tare needs where it is only used. */
export const productionPackages = (lock: Lock): readonly string[] =>
  [...closureOf(lock, notForDevelopment(lock))].toSorted();

/** The packages that run on any architecture: all that tare needs, and the closure of what its tests need. */
export const portablePackages = (lock: Lock): readonly string[] => {
  const wanted = closureOf(lock, [...notForDevelopment(lock), FOR_TESTS]);
  return [...new Set([...wanted, ...(ALONE in lock.packages ? [ALONE] : [])])].toSorted();
};

export const readLock = async (): Promise<{
  readonly text: string;
  readonly lock: Lock;
  readonly node: string;
}> => {
  const text = await readFile(join(CLONE, "package-lock.json"), "utf8");
  const lock = JSON.parse(text) as Lock;
  const node = lock.packages["node_modules/node"]?.version;
  if (node === undefined) {
    throw new TareError("host-unfit", "package-lock.json does not pin Node", "run npm install");
  }
  return { text, lock, node };
};

/** Node's own program for an architecture, from the npm registry, which npm checks against its digest. */
export const nodeRecipe = (architecture: Architecture, version: string): Recipe => {
  const name = `node-linux-${FACTS[architecture].node}`;
  return {
    name: `node-${architecture}`,
    inputs: { package: name, version },
    megabytes: 500,
    seconds: 15,
    build: async (folder, { signal }) => {
      const packed = await run("npm", ["pack", "--silent", `${name}@${version}`], {
        cwd: folder,
        signal,
        hint: "npm could not fetch Node for that architecture: is the registry reachable?",
      });
      const archive = join(folder, packed.trim().split("\n").at(-1) ?? "");
      const node = ["--strip-components=2", "package/bin/node"];
      await run("tar", ["--extract", `--file=${archive}`, `--directory=${folder}`, ...node]);
      await rm(archive);
      const check = [join(CLONE, "scripts/check-node.sh"), join(folder, "node"), FACTS[architecture].node];
      await run("sh", check, { signal, hint: "is that the version of scripts/check-node.sh?" });
      return {};
    },
  };
};

/** Of the clone's, into another `node_modules`. */
export const copyPackages = async (modules: string, wanted: readonly string[]): Promise<void> => {
  const paths = wanted.filter((path) => existsSync(join(CLONE, path)));
  // A package's folder may hold others of another architecture: only what is named is copied.
  for (const path of paths) {
    const from = join(CLONE, path);
    await cp(from, join(dirname(modules), path), {
      recursive: true,
      filter: (source) => !source.startsWith(join(from, "node_modules")),
    });
  }
};

/** Of packages, what no run reads: an emulated guest takes seconds to unpack a thousand files. Node runs no TypeScript of theirs. */
export const UNREAD = ["*.ts", "*.mts", "*.cts", "*.map", "*.md", "*.c", "*.h"];

/** Folders come along with their files: the empty ones are a quarter of all. */
const packForUnpacking = async (files: string, archive: string): Promise<void> => {
  const unread = UNREAD.flatMap((pattern) => ["!", "-name", pattern]);
  const list = await run(
    "find",
    ["node_modules", "build", "!", "-type", "d", "(", "-path", "build/*", "-o", ...unread, ")"],
    { cwd: files },
  );
  await run("tar", ["--create", "--gzip", `--file=${archive}`, `--directory=${files}`, "--files-from=-"], {
    input: list,
  });
};

const ARCHIVE = "payload.tar.gz";
/** The same, for guests that mount it: unpacking it there would take longer than booting. */
const FILE_SYSTEM = "payload.ext4";

const payloadRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const { text, lock, node } = await readLock();
  const own = await readFile(import.meta.filename, "utf8");
  return {
    name: `payload-${architecture}`,
    inputs: {
      lock: hashOf(text),
      programs: hashOf((await programsRecipe(architecture)).inputs),
      own: hashOf(own),
    },
    megabytes: 1000,
    seconds: 30,
    build: async (folder, context) => {
      const files = join(folder, "files");
      const modules = join(files, "node_modules");
      const build = join(files, "build");
      await mkdir(modules, { recursive: true });
      await copyPackages(modules, portablePackages(lock));
      const program = await cached(nodeRecipe(architecture, node), context);
      await mkdir(join(modules, "node/bin"), { recursive: true });
      await mkdir(join(modules, ".bin"), { recursive: true });
      // Without its names for debuggers it is a sixth smaller. LLVM's strip knows every architecture.
      await run("llvm-strip", ["-o", join(modules, "node/bin/node"), join(program.folder, "node")]);
      await symlink("../node/bin/node", join(modules, ".bin/node"));
      await writeFile(join(modules, ".tare-lock"), text);
      const programs = await cached(await programsRecipe(architecture), context);
      await run("cp", ["--archive", join(programs.folder, "build"), build]);
      // make compares times: all built at once, and after any source.
      await run("find", [build, "-type", "f", "-exec", "touch", "{}", "+"]);
      await packForUnpacking(files, join(folder, ARCHIVE));
      await makeFileSystem(join(folder, FILE_SYSTEM), files, { label: "tare-payload", freeMegabytes: 16 });
      await rm(files, { recursive: true });
      return {};
    },
  };
};

export const hasPayload = async (architecture: Architecture): Promise<boolean> =>
  await isCached(await payloadRecipe(architecture));

export const makePayload = async (architecture: Architecture, context: BuildContext): Promise<string> =>
  join((await cached(await payloadRecipe(architecture), context)).folder, ARCHIVE);

/** What a guest needs for /job/tare: the payload's file system, and an archive of the clone as it is now, with changes and new files. */
export interface GuestClone {
  readonly payload: string;
  readonly archive: string;
}

export const cloneForGuest = async (
  architecture: Architecture,
  into: string,
  context: BuildContext,
): Promise<GuestClone> => {
  const { folder } = await cached(await payloadRecipe(architecture), context);
  const list = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: CLONE });
  const files = list.split("\n").filter((file) => file !== "" && existsSync(join(CLONE, file)));
  const archive = join(into, "clone.tar");
  await run(
    "tar",
    ["--create", `--file=${archive}`, "--transform=s,^,tare/,S", `--directory=${CLONE}`, "--files-from=-"],
    { input: `${files.join("\n")}\n` },
  );
  return { payload: join(folder, FILE_SYSTEM), archive };
};
