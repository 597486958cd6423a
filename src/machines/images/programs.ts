/** The sensor, the calibration programs and the workloads, built for either architecture. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CLONE } from "../clone.ts";
import { type Architecture, FACTS, NATIVE } from "../guests.ts";
import { quoted } from "../quoted.ts";
import { cached, hashOf, isCached, type Recipe } from "./cache.ts";
import { treeRecipe } from "./debian.ts";
import { hostRelease } from "./mirror.ts";
import { type BuildContext, has, need, run } from "./shell.ts";

/** Headers and libraries that the sensor links with, of the other architecture. */
const sysrootRecipe = async (architecture: Architecture): Promise<Recipe> => {
  const tree = {
    architecture,
    suites: [await hostRelease()],
    packages: ["libbpf-dev", "libelf-dev", "zlib1g-dev", "libyaml-dev"],
    variant: "extract",
  } as const;
  return treeRecipe(`sysroot-${architecture}`, tree, { megabytes: 500, seconds: 15 });
};

const crossCompiler = (architecture: Architecture): string => `${FACTS[architecture].multiarch}-gcc`;

/** Whether nothing has to be fetched to build them. */
export const canBuildPrograms = async (architecture: Architecture): Promise<boolean> =>
  (await isCached(await programsRecipe(architecture))) ||
  ((await has("clang")) &&
    (NATIVE === architecture
      ? await has("cc")
      : (await has(crossCompiler(architecture))) && (await isCached(await sysrootRecipe(architecture)))));

const compilerFor = async (architecture: Architecture, context: BuildContext): Promise<readonly string[]> => {
  if (NATIVE === architecture) return ["cc"];
  const { multiarch } = FACTS[architecture];
  const compiler = crossCompiler(architecture);
  await need({ [compiler]: `gcc-${multiarch.replace("_", "-")}` }, `building for ${architecture}`);
  const { folder } = await cached(await sysrootRecipe(architecture), context);
  return [compiler, `--sysroot=${join(folder, "tree")}`];
};

const TRIGGER = join(CLONE, "test/bpf/fixtures/trigger.c");

const buildPrograms = async (
  architecture: Architecture,
  into: string,
  context: BuildContext,
): Promise<void> => {
  const { bpf } = FACTS[architecture];
  const compiler = await compilerFor(architecture, context);
  const native = NATIVE === architecture;
  for (const [part, arch] of [["bpf", bpf] as const, ["scenarios", architecture] as const]) {
    // make hands these to a shell.
    const cross = native ? [] : [`ARCH=${arch}`, `CC=${compiler.map(quoted).join(" ")}`];
    await run("make", ["--silent", "-C", join(CLONE, part), ...cross], { signal: context.signal });
    await run("cp", ["--archive", join(CLONE, "build", native ? part : `${part}-${bpf}`), join(into, part)]);
  }
  const [cc, ...flags] = [...compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"];
  await run(cc, [...flags, TRIGGER, "-o", join(into, "test/bpf-trigger")]);
};

const sourcesHash = async (): Promise<string> =>
  hashOf(
    await run(
      "sh",
      ["-c", "find bpf scenarios test/bpf/fixtures -type f | LC_ALL=C sort | xargs sha256sum"],
      { cwd: CLONE },
    ),
  );

const COMPILERS = "compilers";

/** The first line of what each says of itself. */
const nameCompilers = async (architecture: Architecture, context: BuildContext): Promise<string> => {
  const [cc] = await compilerFor(architecture, context);
  const said = await Promise.all(
    [cc ?? "cc", "clang"].map(async (one) => (await run(one, ["--version"])).split("\n")[0] ?? ""),
  );
  return said.join("; ");
};

/** A folder `build`, laid out as the clone's own; a fact is `compilers`. */
export const programsRecipe = async (architecture: Architecture): Promise<Recipe> => ({
  name: `programs-${architecture}`,
  inputs: { sources: await sourcesHash(), release: await hostRelease(), names: COMPILERS },
  megabytes: 100,
  seconds: 20,
  build: async (folder, context) => {
    const build = join(folder, "build");
    await mkdir(join(build, "test"), { recursive: true });
    await buildPrograms(architecture, build, context);
    return { [COMPILERS]: await nameCompilers(architecture, context) };
  },
});

/** Those that have built what is kept, which may be others than the machine has by now. */
export const compilersOf = async (architecture: Architecture, context: BuildContext): Promise<string> =>
  (await cached(await programsRecipe(architecture), context)).facts[COMPILERS] ?? "";
