/**
 * What a guest without network needs to run tare: the pinned Node for its architecture, the npm packages that run without a
 * compiler, the sensor and the workloads cross-built here, and the clone itself.
 */
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import { nativeArchitecture } from "./architectures.ts";
import { cached, hashOf, sha256Of } from "./cache.ts";
import type { Recipe } from "./cache.ts";
import { makeTree } from "./debian.ts";
import { makeFileSystem } from "./image-parts.ts";
import { hostSuite } from "./mirror.ts";
import { need, run } from "./shell.ts";

export const CLONE = resolve(import.meta.dirname, "..", "..");

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly dev?: boolean;
        readonly version?: string;
        readonly cpu?: readonly string[];
        readonly dependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

/** What a guest's tests need besides what tare itself does. */
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

/** The packages that run on any architecture: all that tare needs, and the closure of what its tests need. */
export const portablePackages = (lock: Lock): readonly string[] => {
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
  for (const [path, entry] of Object.entries(lock.packages))
    if (path !== "" && entry.dev !== true) visit(path);
  visit(FOR_TESTS);
  if (ALONE in lock.packages) wanted.add(ALONE);
  return [...wanted].toSorted();
};

const readLock = async (): Promise<{ readonly text: string; readonly lock: Lock; readonly node: string }> => {
  const text = await readFile(join(CLONE, "package-lock.json"), "utf8");
  const lock = JSON.parse(text) as Lock;
  const node = lock.packages["node_modules/node"]?.version;
  if (node === undefined) {
    throw new TareError("host-unfit", "package-lock.json does not pin Node", "run npm install");
  }
  return { text, lock, node };
};

/** Node's own program for an architecture, from the npm registry, which npm checks against its digest. */
const nodeRecipe = (architecture: Architecture, version: string): Recipe => ({
  name: `node-${architecture.arch}`,
  inputs: { package: architecture.nodePackage, version },
  megabytes: 500,
  build: async (folder) => {
    const packed = await run("npm", ["pack", "--silent", `${architecture.nodePackage}@${version}`], {
      cwd: folder,
      hint: "npm could not fetch Node for that architecture: is the registry reachable?",
    });
    const archive = join(folder, packed.trim().split("\n").at(-1) ?? "");
    await run("tar", [
      "--extract",
      `--file=${archive}`,
      `--directory=${folder}`,
      "--strip-components=2",
      "package/bin/node",
    ]);
    await rm(archive);
    return { version };
  },
});

/** Headers and libraries that the sensor links with, of the other architecture. */
const sysrootRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const tree = {
    arch: architecture.arch,
    suites: [await hostSuite()],
    packages: ["libbpf-dev", "libelf-dev", "zlib1g-dev", "libyaml-dev"],
    variant: "extract",
  } as const;
  return {
    name: `sysroot-${architecture.arch}`,
    inputs: tree,
    megabytes: 500,
    build: async (folder) => {
      await makeTree(join(folder, "tree"), tree);
      return {};
    },
  };
};

/** Builds the sensor and the workloads for an architecture and returns the folders that hold them. */
const buildPrograms = async (
  architecture: Architecture,
): Promise<{ readonly bpf: string; readonly scenarios: string; readonly trigger: string }> => {
  const trigger = join(CLONE, "test/bpf/fixtures/trigger.c");
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", trigger, "-o"];
  const native = nativeArchitecture()?.arch === architecture.arch;
  const suffix = native ? "" : `-${architecture.bpfArch}`;
  const folders = {
    bpf: join(CLONE, `build/bpf${suffix}`),
    scenarios: join(CLONE, `build/scenarios${suffix}`),
    trigger: join(CLONE, `build/test${suffix}`, "bpf-trigger"),
  };
  await mkdir(dirname(folders.trigger), { recursive: true });
  if (native) {
    for (const part of ["bpf", "scenarios"]) await run("make", ["--silent", "-C", join(CLONE, part)]);
    await run("cc", [...flags, folders.trigger]);
    return folders;
  }
  const compiler = `${architecture.multiarch}-gcc`;
  await need(
    { [compiler]: `gcc-${architecture.multiarch.replace("_", "-")}` },
    `building for ${architecture.arch}`,
  );
  const { folder } = await cached(await sysrootRecipe(architecture));
  const sysroot = `--sysroot=${join(folder, "tree")}`;
  const make = async (part: string, arch: string): Promise<string> =>
    await run("make", ["--silent", "-C", join(CLONE, part), `ARCH=${arch}`, `CC=${compiler} ${sysroot}`]);
  await make("bpf", architecture.bpfArch);
  await make("scenarios", architecture.arch);
  await run(compiler, [sysroot, ...flags, folders.trigger]);
  return folders;
};

const copyPackages = async (modules: string, lock: Lock): Promise<void> => {
  const paths = portablePackages(lock).filter((path) => existsSync(join(CLONE, path)));
  // A package's folder may hold others of another architecture: only what is named is copied.
  for (const path of paths) {
    const from = join(CLONE, path);
    await cp(from, join(dirname(modules), path), {
      recursive: true,
      filter: (source) => !source.startsWith(join(from, "node_modules")),
    });
  }
};

/** The sources that decide what is built, by content. */
const sourcesHash = async (): Promise<string> =>
  hashOf(
    await run(
      "sh",
      ["-c", "find bpf scenarios test/bpf/fixtures -type f | LC_ALL=C sort | xargs sha256sum"],
      { cwd: CLONE },
    ),
  );

const payloadRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const { text, lock, node } = await readLock();
  const own = await readFile(import.meta.filename, "utf8");
  return {
    name: `payload-${architecture.arch}`,
    inputs: { lock: hashOf(text), sources: await sourcesHash(), own: hashOf(own) },
    megabytes: 1500,
    build: async (folder) => {
      const modules = join(folder, "files/node_modules");
      const build = join(folder, "files/build");
      await mkdir(modules, { recursive: true });
      await mkdir(join(build, "test"), { recursive: true });
      await copyPackages(modules, lock);
      const program = join((await cached(nodeRecipe(architecture, node))).folder, "node");
      await mkdir(join(modules, "node/bin"), { recursive: true });
      await mkdir(join(modules, ".bin"), { recursive: true });
      await cp(program, join(modules, "node/bin/node"));
      await symlink("../node/bin/node", join(modules, ".bin/node"));
      await writeFile(join(modules, ".tare-lock"), text);
      const programs = await buildPrograms(architecture);
      await run("cp", ["--archive", programs.bpf, join(build, "bpf")]);
      await run("cp", ["--archive", programs.scenarios, join(build, "scenarios")]);
      await cp(programs.trigger, join(build, "test/bpf-trigger"));
      // make compares times: all built at once, and after any source.
      await run("find", [build, "-type", "f", "-exec", "touch", "{}", "+"]);
      return { node, program: await sha256Of(program) };
    },
  };
};

/** A folder with `node_modules` and `build` for that architecture, to lay over a copy of the clone. */
export const payloadFolder = async (architecture: Architecture): Promise<string> =>
  join((await cached(await payloadRecipe(architecture))).folder, "files");

/** The same as a file system, which a guest mounts: unpacking it there would take longer than booting. */
const payloadImageRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const recipe = await payloadRecipe(architecture);
  return {
    name: `payload-image-${architecture.arch}`,
    inputs: recipe.inputs,
    megabytes: 500,
    build: async (folder) => {
      const files = await payloadFolder(architecture);
      await makeFileSystem(join(folder, "payload.ext4"), files, { label: "tare-payload", freeMegabytes: 16 });
      return {};
    },
  };
};

/** What a guest needs for /job/tare: the payload's file system, and an archive of the clone as it is now, with changes and new files. */
export interface GuestClone {
  readonly payload: string;
  readonly archive: string;
}

/** Packs the clone into a folder of the caller's, and finds or makes its payload. */
export const cloneForGuest = async (architecture: Architecture, into: string): Promise<GuestClone> => {
  const { folder } = await cached(await payloadImageRecipe(architecture));
  const list = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: CLONE });
  const files = list.split("\n").filter((file) => file !== "" && existsSync(join(CLONE, file)));
  const archive = join(into, "clone.tar");
  await run(
    "tar",
    ["--create", `--file=${archive}`, "--transform=s,^,tare/,S", `--directory=${CLONE}`, "--files-from=-"],
    { input: `${files.join("\n")}\n` },
  );
  return { payload: join(folder, "payload.ext4"), archive };
};
