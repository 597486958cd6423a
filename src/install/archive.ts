/**
 * Looks at every entry of an archive before it is unpacked, and refuses it whole where one would land outside. Whatever the archive says,
 * files belong to who unpacks them, carry no set-user-id bit and are writable by the owner alone.
 */
import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, list, type ReadEntry } from "tar";
import { TareError, messageOf } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { installHint } from "../domain/packages.ts";
import { archiveKind } from "./archive-kind.ts";
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

/** The size of what is written, in `ULIMIT_BLOCK`s; then the command. */
const BOUNDED = 'ulimit -f "$1" && shift && exec "$@"';

/** The archive as one that tar's reader takes: a package's files, or all that is in an archive of another kind. */
export const tarOf = async (host: Host, archive: string): Promise<string> => {
  const { unpackedBy, title, hint = RIGHT_FILE } = await archiveKind(archive);
  const tar = `${archive}.tar`;
  switch (unpackedBy) {
    case "tar":
      return archive;
    case "none":
      throw new TareError("host-unfit", `that is ${title}`, hint);
    case "deb":
      await needTool(host, title, "dpkg-deb", "dpkg");
      // It writes binary data to its standard output.
      await convert(host, title, tar, [
        "sh",
        "-c",
        'exec dpkg-deb --fsys-tarfile "$1" >"$2"',
        "sh",
        archive,
        tar,
      ]);
      return tar;
    case "other":
      await needTool(host, title, "bsdtar", "libarchive-tools");
      await convert(host, title, tar, ["bsdtar", "--format", "pax", "-cf", tar, `@${archive}`]);
      return tar;
  }
};

const RIGHT_FILE = "is it the right file? a proxy may have answered with a page";

const needTool = async (host: Host, title: string, tool: string, inPackage: string): Promise<void> => {
  if ((await host.which(tool)) !== undefined) return;
  throw new TareError(
    "host-unfit",
    `that is ${title}: unpacking it needs ${tool}, which is not here`,
    await installHint(host, inPackage),
  );
};

const convert = async (host: Host, title: string, tar: string, command: readonly string[]): Promise<void> => {
  const blocks = String(MAX_UNPACKED_BYTES / ULIMIT_BLOCK);
  const done = await host.run("sh", ["-c", BOUNDED, "sh", blocks, ...command], { timeoutMs: 600_000 });
  if (done.exitCode === 0) return;
  const said = done.stderr.trim();
  if (/no space left/i.test(said)) throw diskFull(tar);
  const written = await host.fileSize(tar);
  if (written.kind === "value" && written.value >= MAX_UNPACKED_BYTES) throw tooLarge(MAX_UNPACKED_BYTES);
  throw new TareError(
    "host-unfit",
    `that begins as ${title} and is no whole one: ${said}`,
    "is it the right file, and whole?",
  );
};

const notTrusted = (why: string): TareError =>
  new TareError(
    "host-unfit",
    `the archive is not to be trusted; ${why}`,
    "a vendor's release holds no such thing: find out where this file comes from",
  );

const tooLarge = (most: number): TareError => notTrusted(`it unpacks to more than ${most / 2 ** 20} MiB`);

/** tar's own reader unpacks them too, and bounds nothing. */
const UNPACK = { gzip: createGunzip, zstd: createZstdDecompress } as const;

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
    const { packed } = await archiveKind(archive);
    const unpacked = packed === undefined ? new PassThrough() : UNPACK[packed]();
    await pipeline(createReadStream(archive), unpacked, take);
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw new TareError(
      "host-unfit",
      `that is no archive, or not a whole one: ${messageOf(error)}`,
      RIGHT_FILE,
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
