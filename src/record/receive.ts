/** Writes a record that arrives from another machine, word for word, each line on disk before the next is asked for. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { failedTo, TareError } from "../domain/errors.ts";
import type { VoidLine } from "../domain/record.ts";
import { type Arrival, type Arrived, createArrival } from "./arrival.ts";
import { CHAIN_START, sealOf } from "./chain.ts";
import { FILE_MODE, makeRunFolder, syncFolder } from "./files.ts";
import { linesOf } from "./lines.ts";
import { sealVoids, voidIn } from "./voids.ts";
import { keepRest, writeAt } from "./writer.ts";

export interface Receiver {
  readonly path: string;
  take(index: number, text: string): Promise<Arrived>;
  /** Whole lines, from the first on. */
  lines(): number;
  /** Lines that came and wait for others before them. */
  early(): number;
  /** Also writes what has waited for lines that will not come any more, and tells which those are, from 1. */
  close(): Promise<readonly { readonly first: number; readonly last: number }[]>;
}

/**
 * Goes on where an earlier receiver stopped: what is there is read, and what is not whole behind it is cut off and kept beside it. `path`: of a
 * file in a folder that may not be there yet.
 */
export const receiveRecord = async (path: string): Promise<Receiver> => {
  const arrival = createArrival();
  let handle: FileHandle | undefined;
  try {
    await makeRunFolder(dirname(path));
    handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
    await syncFolder(dirname(path));
    return receiverOn(path, handle, arrival, await begunIn(path, handle, arrival));
  } catch (error) {
    await handle?.close();
    throw failedTo("usage", `receive the record ${path}`, error, "choose another folder with --out");
  }
};

interface Begun {
  /** Of what is there and follows from line to line. */
  readonly size: number;
  readonly last: string | undefined;
  /** What was said of it from outside, which stays behind what still comes. */
  readonly voids: readonly VoidLine[];
  /** The file ends there. */
  readonly isAtEnd: boolean;
}

const begunIn = async (path: string, handle: FileHandle, arrival: Arrival): Promise<Begun> => {
  let size = 0;
  let last: string | undefined;
  let isWhole = true;
  let isCut = false;
  const voids: VoidLine[] = [];
  for await (const { text, bytes } of linesOf(handle.createReadStream({ autoClose: false, start: 0 }))) {
    const said = voidIn(text);
    if (said !== undefined) {
      voids.push(said);
      isWhole = false;
      continue;
    }
    const hasEnd = bytes > Buffer.byteLength(text);
    isWhole &&= hasEnd && arrival.take(arrival.lines(), text).kind === "taken";
    isCut ||= !isWhole;
    if (!isWhole) continue;
    size += bytes;
    last = text;
  }
  if (isCut) await cutBehind(path, handle, size);
  return { size, last, voids, isAtEnd: isCut || voids.length === 0 };
};

const receiverOn = (path: string, handle: FileHandle, arrival: Arrival, begun: Begun): Receiver => {
  let { size, last, isAtEnd } = begun;
  const write = async (texts: readonly string[]): Promise<void> => {
    await writeBytes(Buffer.from(texts.map((text) => `${text}\n`).join("")));
    last = texts.at(-1);
  };
  const writeBytes = async (bytes: Buffer): Promise<void> => {
    try {
      if (!isAtEnd) await handle.truncate(size);
      isAtEnd = true;
      await writeAt(handle, bytes, size);
    } catch (error) {
      throw failedTo(
        "record-failed",
        `write to the record ${path}`,
        error,
        "free some space; what has not come is still where it is sent from",
      );
    }
    size += bytes.length;
  };
  return {
    path,
    lines: () => arrival.lines(),
    early: () => arrival.waiting().length,
    take: async (index, text) => {
      const arrived = arrival.take(index, text);
      if (arrived.kind === "other")
        throw new TareError(
          "usage",
          `${path} is of another run: line ${index + 1} differs from the one in the cluster`,
          "choose another folder with --out",
        );
      if (arrived.kind === "taken") await write(arrived.texts);
      return arrived;
    },
    close: async () => {
      try {
        const late = arrival.waiting();
        // Nothing proves them; whoever reads the record is told so, and uses what its plan speaks for.
        if (late.length > 0) await write(late.map(({ text }) => text));
        if (isAtEnd && begun.voids.length > 0) {
          const digest = last === undefined ? undefined : sealOf(last);
          await writeBytes(Buffer.from(sealVoids(digest ?? CHAIN_START, begun.voids)));
        }
        return gapsBetween(
          arrival.lines(),
          late.map(({ index }) => index),
        );
      } finally {
        await handle.close();
      }
    },
  };
};

const gapsBetween = (
  whole: number,
  indexes: readonly number[],
): readonly { readonly first: number; readonly last: number }[] => {
  const gaps: { readonly first: number; readonly last: number }[] = [];
  let next = whole;
  for (const index of indexes) {
    if (index > next) gaps.push({ first: next + 1, last: index });
    next = index + 1;
  }
  return gaps;
};

const cutBehind = async (path: string, handle: FileHandle, size: number): Promise<void> => {
  const rest = Buffer.alloc((await handle.stat()).size - size);
  await handle.read(rest, 0, rest.length, size);
  await keepRest(path, rest);
  await handle.truncate(size);
};
