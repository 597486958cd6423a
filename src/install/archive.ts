/**
 * Looks at every entry of an archive before it is unpacked, and refuses it whole where one would land outside. Whatever the archive says,
 * files belong to who unpacks them, carry no set-user-id bit and are writable by the owner alone.
 */
import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, list, type ReadEntry } from "tar";
import type { VendorFile } from "../domain/agent.ts";
import { TareError, messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { installHint } from "../domain/packages.ts";
import { diskFull, noRoom } from "./fetch.ts";
import { refusedBySystem } from "./refused.ts";

/** More than twice what the largest of the releases takes. A few megabytes can be made to unpack to any size. */
const MAX_UNPACKED_BYTES = 2 * 2 ** 30;
const MAX_ENTRIES = 50_000;
/** sh(1) counts file sizes in these. */
const ULIMIT_BLOCK = 512;

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

const beginsWith = async (path: string, magic: Buffer): Promise<boolean> => {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.subarray(0, bytesRead).equals(magic);
  } finally {
    await file.close();
  }
};

const isGzip = async (path: string): Promise<boolean> => await beginsWith(path, GZIP);

/** What the file is: a build of somebody's own need not come as the vendor's release does. */
const formatOf = async (archive: string, usual: VendorFile["format"]): Promise<VendorFile["format"]> => {
  if (await beginsWith(archive, PACKAGE)) return "deb";
  return (await isGzip(archive)) ? "tar.gz" : usual;
};

/** A Debian package's files as a plain tar archive; any other archive as it is. `usual`: what the vendor's release is. */
export const dataOf = async (host: Host, archive: string, usual: VendorFile["format"]): Promise<string> => {
  if ((await formatOf(archive, usual)) === "tar.gz") return archive;
  if ((await host.which("dpkg-deb")) === undefined) {
    throw new TareError(
      "host-unfit",
      "unpacking a Debian package needs dpkg-deb, which is not here",
      await installHint(host, "dpkg"),
    );
  }
  const tar = `${archive}.tar`;
  // It writes binary data to its standard output.
  const bounded = 'ulimit -f "$1" && exec dpkg-deb --fsys-tarfile "$2" > "$3"';
  const blocks = String(MAX_UNPACKED_BYTES / ULIMIT_BLOCK);
  const done = await host.run("sh", ["-c", bounded, "sh", blocks, archive, tar], { timeoutMs: 600_000 });
  if (done.exitCode === 0) return tar;
  const said = done.stderr.trim();
  if (/no space left/i.test(said)) throw diskFull(tar);
  const written = await host.fileSize(tar);
  if (written.kind === "value" && written.value >= MAX_UNPACKED_BYTES) throw tooLarge(MAX_UNPACKED_BYTES);
  throw new TareError("host-unfit", `that is no Debian package: ${said}`, "is it the right file, and whole?");
};

const notTrusted = (why: string): TareError =>
  new TareError(
    "host-unfit",
    `the archive is not to be trusted; ${why}`,
    "a vendor's release holds no such thing: find out where this file comes from",
  );

const tooLarge = (most: number): TareError => notTrusted(`it unpacks to more than ${most / 2 ** 20} MiB`);

/** @throws TareError when it is no archive, or holds an entry that no release needs, or more than `most` bytes */
export const inspect = async (archive: string, most = MAX_UNPACKED_BYTES): Promise<Contents> => {
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
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    const parser = list({ strict: true, onReadEntry: look });
    const failed: unknown[] = [];
    parser.on("error", (error: unknown) => failed.push(error));
    let seen = 0;
    for await (const chunk of chunks) {
      seen += chunk.length;
      parser.write(chunk);
      if (failed.length > 0) throw failed[0];
      if (Math.max(seen, bytes) > most) throw tooLarge(most);
      if (entries > MAX_ENTRIES) throw notTrusted(`it has more than ${MAX_ENTRIES} entries`);
    }
    parser.end();
    if (failed.length > 0) throw failed[0];
  };
  try {
    const unzipped = (await isGzip(archive)) ? createGunzip() : new PassThrough();
    await pipeline(createReadStream(archive), unzipped, take);
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw new TareError(
      "host-unfit",
      `that is no archive, or not a whole one: ${messageOf(error)}`,
      "is it the right file? a proxy may have answered with a page",
      { cause: error },
    );
  }
  if (refused.length > 0) {
    throw notTrusted(
      `${refused.length} of its ${entries} entries are refused, the first is ${refused[0] ?? ""}`,
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
    throw refusedBySystem(`the archive could not be unpacked below ${folder}`, error);
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
