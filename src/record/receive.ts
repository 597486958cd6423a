/** Writes a record that arrives from another machine, word for word, each line on disk before the next is asked for. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { failedTo, TareError } from "../domain/errors.ts";
import { type Arrival, type Arrived, createArrival } from "./arrival.ts";
import { FILE_MODE, makeRunFolder, syncFolder } from "./files.ts";
import { linesOf } from "./lines.ts";
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
    return receiverOn(path, handle, arrival, await wholeOf(path, handle, arrival));
  } catch (error) {
    await handle?.close();
    throw failedTo("usage", `receive the record ${path}`, error, "choose another folder with --out");
  }
};

/** The size of what is there and follows from line to line. */
const wholeOf = async (path: string, handle: FileHandle, arrival: Arrival): Promise<number> => {
  let size = 0;
  for await (const { text, bytes } of linesOf(handle.createReadStream({ autoClose: false, start: 0 }))) {
    const hasEnd = bytes > Buffer.byteLength(text);
    if (!hasEnd || arrival.take(arrival.lines(), text).kind !== "taken") break;
    size += bytes;
  }
  await cutBehind(path, handle, size);
  return size;
};

const receiverOn = (path: string, handle: FileHandle, arrival: Arrival, start: number): Receiver => {
  let size = start;
  const write = async (texts: readonly string[]): Promise<void> => {
    const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
    try {
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
  if (rest.length === 0) return;
  await handle.read(rest, 0, rest.length, size);
  await keepRest(path, rest);
  await handle.truncate(size);
};
