/** A QEMU that is new enough: where the machine's own is too old, Debian's backport, which is unpacked and not installed. */
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { TareError } from "../../domain/errors.ts";
import { type Architecture, FACTS, MIN_QEMU, NATIVE } from "../guests.ts";
import { cached, isCached, type Recipe } from "./cache.ts";
import { treeRecipe } from "./debian.ts";
import { hostRelease } from "./mirror.ts";
import { type BuildContext, has, run } from "./shell.ts";

type Command = readonly [string, ...string[]];

export interface Qemu {
  readonly version: string;
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
}

export const versionIn = (text: string): { readonly text: string; readonly major: number } | undefined => {
  const found = /version (\d+)(\.[\d.]+)/.exec(text);
  return found === null ? undefined : { text: `${found[1]}${found[2]}`, major: Number(found[1]) };
};

const qemuRecipe = async (host: Architecture): Promise<Recipe> => {
  const release = await hostRelease();
  const tree = {
    architecture: host,
    suites: [release],
    packages: ["qemu-system-x86", "qemu-system-arm", "qemu-utils"],
    variant: "extract",
  } as const;
  const backports = `${release}-backports`;
  const recent =
    release === "bookworm" ? { ...tree, suites: [release, backports], preferred: backports } : tree;
  return treeRecipe("qemu", recent, { megabytes: 1200, seconds: 40 });
};

const librariesOf = (tree: string, host: Architecture): readonly string[] =>
  globSync(`{lib,usr/lib}/${FACTS[host].multiarch}{,/*}`, { cwd: tree, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));

const fromTree = async (
  name: string,
  context: BuildContext,
): Promise<{ readonly tree: string; readonly command: Command; readonly env: Record<string, string> }> => {
  if (NATIVE === undefined) {
    throw new TareError(
      "host-unfit",
      `there is no ${name} of QEMU ${MIN_QEMU} or newer, and none is fetched for ${process.arch}`,
      `install QEMU ${MIN_QEMU} or newer`,
    );
  }
  const { folder } = await cached(await qemuRecipe(NATIVE), context);
  const tree = join(folder, "tree");
  const libraries = librariesOf(tree, NATIVE);
  const { multiarch } = FACTS[NATIVE];
  const [starter] = globSync(`lib/${multiarch}/ld-linux-*`, { cwd: tree });
  const program = join(tree, "usr/bin", name);
  if (starter === undefined || !existsSync(program))
    throw new TareError("host-unfit", `${tree} holds no ${name}`, `remove ${tree}; it is made again`);
  return {
    tree,
    command: [join(tree, starter), "--library-path", libraries.join(":"), program],
    env: { QEMU_MODULE_DIR: join(tree, "usr/lib", multiarch, "qemu") },
  };
};

const isNewEnough = (version: ReturnType<typeof versionIn>): version is NonNullable<typeof version> =>
  version !== undefined && version.major >= MIN_QEMU;

const ownVersion = async (name: string): Promise<ReturnType<typeof versionIn>> =>
  (await has(name)) ? versionIn(await run(name, ["--version"])) : undefined;

const nameOf = (guest: Architecture): string => `qemu-system-${FACTS[guest].uname}`;

/** Whether nothing has to be fetched for it. */
export const hasQemu = async (guest: Architecture): Promise<boolean> =>
  isNewEnough(await ownVersion(nameOf(guest))) ||
  (NATIVE !== undefined && (await isCached(await qemuRecipe(NATIVE))));

export const findQemu = async (guest: Architecture, context: BuildContext): Promise<Qemu> => {
  const name = nameOf(guest);
  const own = await ownVersion(name);
  if (isNewEnough(own)) return { version: own.text, command: [name], env: {} };
  const { tree, command, env } = await fromTree(name, context);
  const [program, ...first] = command;
  const version = versionIn(await run(program, [...first, "--version"], { env }));
  const firmware = ["-L", join(tree, "usr/share/qemu"), "-L", join(tree, "usr/share/seabios")];
  return { version: version?.text ?? "unknown", command: [...command, ...firmware], env };
};

/** Runs qemu-img: the machine's own, which may be of any age, or the one in the cache. */
export const qemuImg = async (args: readonly string[], context: BuildContext): Promise<void> => {
  const own = { command: ["qemu-img"] as const, env: {} };
  const { command, env } = (await has("qemu-img")) ? own : await fromTree("qemu-img", context);
  const [program, ...first] = command;
  await run(program, [...first, ...args], { env, signal: context.signal });
};
