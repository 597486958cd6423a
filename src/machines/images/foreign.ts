/**
 * User space of the other architecture without running a program of it. Its packages are unpacked, and get the configuration that the
 * scripts of the same packages left in a tree of this machine's architecture: users, services, alternatives, links, owners.
 */
import { appendFile, chmod, chown, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "../guests.ts";
import { run } from "./shell.ts";

interface Facts {
  /** As find's %y: f, d, l, ... */
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

/** Every path below a folder. */
export type Listing = ReadonlyMap<string, Facts>;

const listingOf = async (folder: string): Promise<Listing> => {
  const printed = await run("find", [folder, "-mindepth", "1", "-printf", String.raw`%P\0%y\0%m\0%U\0%G\0`]);
  const words = printed.split("\0");
  const listing = new Map<string, Facts>();
  for (let at = 0; at + 4 < words.length; at += 5) {
    const [path = "", type = "", mode = "", uid, gid] = words.slice(at, at + 5);
    listing.set(path, { type, mode, uid: Number(uid), gid: Number(gid) });
  }
  return listing;
};

/** Packages name /lib where a merged tree has it in /usr. */
const merged = (path: string): string => path.replace(/^\/(bin|sbin|lib\w*)(?=\/|$)/, "/usr/$1").slice(1);

/** Where a tree keeps what is of its architecture, or of how it was made. */
const OWN =
  /^(dev\/.*|etc\/ld\.so\.cache|var\/cache\/apt\b.*|var\/lib\/apt\/lists\b.*|var\/lib\/dpkg\/(arch|info|lock|status)\b.*)$/;

export interface Transfer {
  /** Made or changed by scripts: to be copied. */
  readonly copied: readonly string[];
  /** In a package, with another mode or owner than the package has. */
  readonly changed: readonly string[];
}

/** What scripts did to a tree, in which packages put `packaged`, seen from another tree in which the same packages were only unpacked. */
export const transferOf = (
  configured: Listing,
  packaged: ReadonlySet<string>,
  unpacked: Listing,
): Transfer => {
  const copied: string[] = [];
  const changed: string[] = [];
  for (const [path, facts] of configured) {
    if (OWN.test(path)) continue;
    const there = unpacked.get(path);
    if (!packaged.has(path)) {
      if (facts.type !== "d" || there?.type !== "d") copied.push(path);
    } else if (there !== undefined && there.type !== facts.type) copied.push(path);
    if (there?.type !== facts.type || facts.type === "l") continue;
    if (there.mode !== facts.mode || there.uid !== facts.uid || there.gid !== facts.gid) changed.push(path);
  }
  return { copied, changed };
};

const DATABASE = "var/lib/dpkg";

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

const packagedIn = async (tree: string): Promise<ReadonlySet<string>> => {
  const info = join(tree, DATABASE, "info");
  const lists = (await readdir(info)).filter((name) => name.endsWith(".list"));
  const texts = await Promise.all(lists.map(async (name) => await readFile(join(info, name), "utf8")));
  return new Set(texts.flatMap(linesOf).map(merged));
};

/** Files of packages with other contents than they came with. */
const rewrittenIn = async (tree: string): Promise<readonly string[]> =>
  linesOf(await run("sh", ["-c", 'dpkg --root="$1" --verify || true', "sh", tree]))
    .filter((line) => line.charAt(2) === "5")
    .map((line) => merged(line.slice(line.indexOf("/"))));

export const configure = async (tree: string, configured: string): Promise<void> => {
  const listing = await listingOf(configured);
  const unpacked = await listingOf(tree);
  const { copied, changed } = transferOf(listing, await packagedIn(configured), unpacked);
  const all = [...copied, ...(await rewrittenIn(configured)).filter((path) => unpacked.has(path))];
  for (const path of copied)
    if (unpacked.get(path) !== undefined) await rm(join(tree, path), { recursive: true, force: true });
  const copy = 'tar -C "$1" --no-recursion --null -T - -cf - | tar -C "$2" --numeric-owner -xpf -';
  await run("sh", ["-c", copy, "sh", configured, tree], { input: all.map((path) => `./${path}\0`).join("") });
  for (const path of changed) {
    const { mode, uid, gid } = listing.get(path) as Facts;
    // The owner first: changing it takes the bits away by which a program runs as its owner.
    await chown(join(tree, path), uid, gid);
    await chmod(join(tree, path), Number.parseInt(mode, 8));
  }
};

/** Tells the tree's dpkg of the packages that were unpacked into it, as if it had installed them. */
export const register = async (tree: string, archives: string, architecture: Architecture): Promise<void> => {
  const database = join(tree, DATABASE);
  const control = join(archives, "control");
  for (const name of (await readdir(archives)).filter((entry) => entry.endsWith(".deb"))) {
    const archive = join(archives, name);
    await run("dpkg-deb", ["--control", archive, control]);
    const text = await readFile(join(control, "control"), "utf8");
    await appendFile(join(database, "status"), `Status: install ok installed\n${text.trimEnd()}\n\n`);
    const [, id = ""] = /^Package: (\S+)$/m.exec(text) ?? [];
    const owner = /^Multi-Arch: same$/m.test(text) ? `${id}:${architecture}` : id;
    for (const part of (await readdir(control)).filter((entry) => entry !== "control"))
      await rename(join(control, part), join(database, "info", `${owner}.${part}`));
    const list = 'dpkg-deb --fsys-tarfile "$1" | tar -t --quoting-style=literal';
    const paths = linesOf(await run("sh", ["-c", list, "sh", archive])).map(
      (path) => path.replace(/^\.|\/$/g, "") || "/.",
    );
    await writeFile(join(database, "info", `${owner}.list`), `${paths.join("\n")}\n`);
    await rm(control, { recursive: true });
  }
  await writeFile(join(database, "arch"), `${architecture}\n`);
};
