/**
 * Looks at every entry of an archive before it is unpacked, and refuses it whole where one would land outside. Whatever the archive says,
 * files belong to who unpacks them, carry no set-user-id bit and are writable by the owner alone.
 */
import { Buffer } from "node:buffer";
import { mkdir, open } from "node:fs/promises";
import { posix } from "node:path";
import { extract, list, type ReadEntry } from "tar";
import type { VendorFile } from "../domain/agent.ts";
import { TareError, messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { diskFull, noRoom } from "./fetch.ts";

const PLAIN = ["File", "OldFile", "ContiguousFile", "Directory"];
const LINKS = ["SymbolicLink", "Link"];

export interface Contents {
  /** What the files take, in bytes. */
  readonly bytes: number;
  /** Links that point outside of the archive and are left out: packages are made for "/", and this one is not unpacked there. */
  readonly strayLinks: readonly string[];
}

const PACKAGE = Buffer.from("!<arch>\n");
const GZIP = Buffer.from([0x1f, 0x8b]);

/** What the file is: a build of somebody's own need not come as the vendor's release does. */
const formatOf = async (archive: string, usual: VendorFile["format"]): Promise<VendorFile["format"]> => {
  const file = await open(archive, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PACKAGE.length), 0, PACKAGE.length, 0);
    const begins = (magic: Buffer): boolean => buffer.subarray(0, bytesRead).indexOf(magic) === 0;
    if (begins(PACKAGE)) return "deb";
    return begins(GZIP) ? "tar.gz" : usual;
  } finally {
    await file.close();
  }
};

/** A Debian package's files as a plain tar archive; any other archive as it is. `usual`: what the vendor's release is. */
export const dataOf = async (host: Host, archive: string, usual: VendorFile["format"]): Promise<string> => {
  if ((await formatOf(archive, usual)) === "tar.gz") return archive;
  if ((await host.which("dpkg-deb")) === undefined) {
    throw new TareError(
      "host-unfit",
      "unpacking a Debian package needs dpkg-deb, which is not here",
      "install dpkg",
    );
  }
  const tar = `${archive}.tar`;
  // It writes binary data to its standard output.
  const done = await host.run("sh", ["-c", 'exec dpkg-deb --fsys-tarfile "$1" > "$2"', "sh", archive, tar], {
    timeoutMs: 600_000,
  });
  if (done.exitCode === 0) return tar;
  const said = done.stderr.trim();
  if (/no space left/i.test(said)) throw diskFull(tar);
  throw new TareError("host-unfit", `that is no Debian package: ${said}`, "is it the right file, and whole?");
};

/** @throws TareError when it is no archive, or holds an entry that no release needs */
export const inspect = async (archive: string): Promise<Contents> => {
  let bytes = 0;
  let entries = 0;
  const strayLinks: string[] = [];
  const refused: string[] = [];
  const look = (entry: ReadEntry): void => {
    entries += 1;
    bytes += entry.size;
    const reason = whyRefused(entry);
    if (reason !== undefined) refused.push(`${entry.path}: ${reason}`);
    else if (isStray(entry)) strayLinks.push(entry.path);
  };
  try {
    await list({ file: archive, strict: true, onReadEntry: look });
  } catch (error) {
    throw new TareError(
      "host-unfit",
      `that is no archive, or not a whole one: ${messageOf(error)}`,
      "is it the right file? a proxy may have answered with a page",
      { cause: error },
    );
  }
  if (refused.length > 0) {
    throw new TareError(
      "host-unfit",
      `the archive is not to be trusted; ${refused.length} of its ${entries} entries are refused, the first is ${refused[0] ?? ""}`,
      "a vendor's release holds no such thing: find out where this file comes from",
    );
  }
  return { bytes, strayLinks };
};

export const unpack = async (archive: string, folder: string): Promise<void> => {
  await mkdir(folder, { mode: 0o755 });
  try {
    await extract({
      file: archive,
      cwd: folder,
      strict: true,
      preserveOwner: false,
      filter: (_, entry) => {
        if (!("type" in entry) || isStray(entry)) return false;
        // Without the owner's right to enter a folder its files could not be written.
        entry.mode = entry.type === "Directory" || ((entry.mode ?? 0) & 0o111) !== 0 ? 0o755 : 0o644;
        return true;
      },
    });
  } catch (error) {
    if (noRoom(error)) throw diskFull(folder, error);
    throw new TareError(
      "host-unfit",
      `the archive could not be unpacked: ${messageOf(error)}`,
      `is there something wrong with the file system of ${folder}?`,
      { cause: error },
    );
  }
};

const whyRefused = (entry: ReadEntry): string | undefined => {
  if (posix.isAbsolute(entry.path)) return "its path is absolute";
  if (entry.path.split("/").includes("..")) return 'its path has a ".."';
  if (!PLAIN.includes(entry.type) && !LINKS.includes(entry.type)) return `it is a ${entry.type}`;
  return undefined;
};

/** A symbolic link's target is relative to its folder, a hard link's to the archive's root. */
const isStray = (entry: ReadEntry): boolean => {
  if (!LINKS.includes(entry.type)) return false;
  const target = entry.linkpath ?? "";
  if (posix.isAbsolute(target)) return true;
  const from = entry.type === "Link" ? "." : posix.dirname(entry.path);
  return posix.normalize(posix.join(from, target)).split("/")[0] === "..";
};
