/**
 * A log that some program writes, followed from its present end over its rotations: by renaming (auditd, logrotate, Docker), also with the
 * time in the old one's name (lumberjack), several times between two looks.
 *
 * Rotation deletes the oldest file first. So as long as the file that was open is still in its folder, all that came after it is there as
 * well; when it is gone, or was cut off or compressed, something may be missing, and that is said and not guessed. By gzip it may be
 * compressed: a file that was open is known again by its beginning, and one that was not is read from there.
 */
import { Buffer } from "node:buffer";
import type { BigIntStats } from "node:fs";
import { type FileHandle, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { constants, gunzip } from "node:zlib";
import type { LogReader } from "../domain/host.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import { CHUNK_BYTES, giveBack, takeBuffer } from "./chunk-buffer.ts";
import { openFile } from "./files.ts";

/** A file's number is used again once it is deleted, so its birth is part of who it is. */
const identityOf = ({ dev, ino, birthtimeNs }: BigIntStats): string => `${dev}:${ino}:${birthtimeNs}`;

const statOf = async (path: string): Promise<BigIntStats | undefined> => {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
};

/** `audit.log.1`, `audit.log-20260101`, `tetragon-2026-01-01T00-00-00.000.log`: names that a rotation gives to what was `path`. */
const isRotated = (path: string, name: string): boolean => {
  const base = basename(path);
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  return (
    name.startsWith(`${base}.`) ||
    name.startsWith(`${base}-`) ||
    (extension !== "" && name.startsWith(`${stem}-`) && /\.(?:log|jsonl?)\b/.test(name))
  );
};

const unpack = promisify(gunzip);

/** More than a rotation lets a file grow to, and little enough to be held. */
const MAX_PACKED_BYTES = 512 * 1024 ** 2;
/** Lines begin with what no two files share: a time, or the number of an event. */
const HEAD_BYTES = 512;

const headOf = async (handle: FileHandle): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
};

/** Undefined for what is no gzip, or not yet whole. */
const contentOf = async (path: string): Promise<Buffer | undefined> => {
  if (!path.endsWith(".gz")) return undefined;
  try {
    return await unpack(await readFile(path), {
      maxOutputLength: MAX_PACKED_BYTES,
      finishFlush: constants.Z_FINISH,
    });
  } catch {
    return undefined;
  }
};

const COMPRESSED = /\.(?:gz|bz2|xz|zst|lz4)$/;

interface Sibling {
  readonly path: string;
  readonly identity: string;
  readonly modified: bigint;
}

const siblingsOf = async (path: string): Promise<readonly Sibling[]> => {
  const folder = dirname(path);
  const names = await readdir(folder).catch((): string[] => []);
  const found: Sibling[] = [];
  for (const name of names) {
    if (name !== basename(path) && !isRotated(path, name)) continue;
    const status = await statOf(join(folder, name));
    if (status?.isFile() !== true) continue;
    found.push({ path: join(folder, name), identity: identityOf(status), modified: status.mtimeNs });
  }
  return found.sort((a, b) =>
    a.modified === b.modified ? ageOf(b) - ageOf(a) : a.modified < b.modified ? -1 : 1,
  );
};

/** By the number behind its name, for files that were written within one tick of the clock: `audit.log` 0, `audit.log.2` 2. */
const ageOf = ({ path }: Sibling): number => Number(/\.(\d+)$/.exec(path)?.[1] ?? 0);

interface Generation {
  readonly identity: string;
  readonly handle: FileHandle;
  readonly start: number;
  read: number;
  /** How it began when it was last looked at. */
  head: Buffer;
}

/** By its size, or, where it has grown again since, by another beginning. */
const isCut = async (generation: Generation): Promise<boolean> => {
  const { handle, read, head } = generation;
  if ((await handle.stat()).size < read) return true;
  const now = await headOf(handle);
  if (!now.subarray(0, head.length).equals(head)) return true;
  generation.head = now;
  return false;
};

/** A file that was compressed before it was ever open. */
interface Packed {
  readonly content: Buffer;
  isTaken: boolean;
}

/** A file may be renamed between a look at its folder and its opening, then the folder is looked at again. */
const MAX_LOOKS = 5;

class RotatedLog implements LogReader {
  readonly #path: string;
  readonly #known = new Set<string>();
  readonly #generations: Generation[] = [];
  readonly #packed: Packed[] = [];
  #buffer: Uint8Array | undefined;
  #outOfReach: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async skipToEnd(): Promise<void> {
    for (const sibling of await siblingsOf(this.#path)) {
      if (sibling.path !== this.#path) this.#known.add(sibling.identity);
    }
    await this.#open(this.#path, true);
  }

  async read(take: (chunk: Uint8Array) => void): Promise<void> {
    const earlier = new Set(this.#generations);
    await this.#follow();
    // A line that was begun ends before those of later files.
    for (const generation of earlier) await this.#readOn(generation, take);
    for (const packed of this.#packed.filter(({ isTaken }) => !isTaken)) {
      packed.isTaken = true;
      take(packed.content);
    }
    for (const generation of this.#generations)
      if (!earlier.has(generation)) await this.#readOn(generation, take);
  }

  /** Up to its present size: an agent that reports our reads would otherwise never be read to its end. */
  async #readOn(generation: Generation, take: (chunk: Uint8Array) => void): Promise<void> {
    const buffer = (this.#buffer ??= takeBuffer());
    const { handle } = generation;
    const { size } = await handle.stat();
    while (generation.read < size) {
      const { read } = generation;
      const length = Math.min(CHUNK_BYTES, size - read);
      const { bytesRead } = await handle.read(buffer, 0, length, read);
      if (bytesRead === 0) break;
      generation.read += bytesRead;
      take(buffer.subarray(0, bytesRead));
    }
  }

  async written(): Promise<Reading<number>> {
    await this.#follow();
    let bytes = this.#packed.reduce((sum, { content }) => sum + content.length, 0);
    for (const { handle, start } of this.#generations) bytes += (await handle.stat()).size - start;
    return this.#outOfReach === undefined ? value(bytes) : missing(this.#outOfReach);
  }

  async close(): Promise<void> {
    for (const { handle } of this.#generations.splice(0)) await handle.close();
    if (this.#buffer !== undefined) giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  async #follow(): Promise<void> {
    const newest = this.#generations.at(-1);
    if (newest !== undefined && (await isCut(newest)))
      this.#outOfReach = `${this.#path} was cut off while it was read`;
    const present = await statOf(this.#path);
    if (present === undefined || identityOf(present) === newest?.identity) return;
    if (!present.isFile()) {
      this.#outOfReach = `${this.#path} is no file`;
      return;
    }
    await this.#openNew();
    // Asked after its successors are open: while it is there, so are they.
    if (newest !== undefined && (await newest.handle.stat()).nlink === 0 && !(await this.#isPacked(newest)))
      this.#outOfReach = `${this.#path} was rotated so often that some of it was deleted`;
  }

  async #openNew(): Promise<void> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const found = (await siblingsOf(this.#path)).filter(({ identity }) => !this.#known.has(identity));
      let moved = false;
      for (const { path, identity } of found) {
        if (COMPRESSED.test(path)) {
          await this.#takePacked(path, identity, found);
          continue;
        }
        moved = !(await this.#open(path, false, identity));
        if (moved) break;
      }
      if (!moved) return;
    }
    this.#outOfReach = `${this.#path} is rotated faster than it can be followed`;
  }

  /** One that is being compressed stands beside it, and is read as it is. */
  async #takePacked(path: string, identity: string, found: readonly Sibling[]): Promise<void> {
    const plain = path.replace(COMPRESSED, "");
    if (found.some((sibling) => sibling.path === plain) || (await statOf(plain)) !== undefined) return;
    this.#known.add(identity);
    const content = await contentOf(path);
    if (content === undefined) {
      this.#outOfReach = `${path} is compressed`;
      return;
    }
    if (!(await this.#wasOpen(content))) this.#packed.push({ content, isTaken: false });
  }

  async #wasOpen(content: Buffer): Promise<boolean> {
    for (const { handle } of this.#generations) {
      const head = await headOf(handle);
      if (head.length > 0 && content.subarray(0, head.length).equals(head)) return true;
    }
    return false;
  }

  async #isPacked({ handle }: Generation): Promise<boolean> {
    const head = await headOf(handle);
    for (const { path } of await siblingsOf(this.#path)) {
      const content = await contentOf(path);
      if (content !== undefined && head.length > 0 && content.subarray(0, head.length).equals(head))
        return true;
    }
    return false;
  }

  async #open(path: string, fromEnd: boolean, expected?: string): Promise<boolean> {
    let handle: FileHandle;
    try {
      handle = await openFile(path);
    } catch {
      return false;
    }
    const status = await handle.stat({ bigint: true });
    const identity = identityOf(status);
    if (expected !== undefined && identity !== expected) {
      await handle.close();
      return false;
    }
    const start = fromEnd ? Number(status.size) : 0;
    this.#known.add(identity);
    this.#generations.push({ identity, handle, start, read: start, head: await headOf(handle) });
    return true;
  }
}

export const openLog = async (path: string): Promise<LogReader> => {
  const log = new RotatedLog(path);
  await log.skipToEnd();
  return log;
};
