/** Brings a file here, from the network or from a disk, and computes its checksum while it passes. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TareError, messageOf } from "../domain/errors.ts";
import { nameOfSource, type Source } from "./source.ts";

/** A server that does not say how much it sends could go on for ever. */
const MAX_FETCHED_BYTES = 2 ** 30;

interface Opened {
  /** Called once, when its bytes and its failure have a reader. */
  readonly bytes: () => Readable;
  /** In bytes; undefined where the server does not say. */
  readonly size: number | undefined;
}

/** Called before anything is written with the size, where it is known; it throws to refuse. */
export type Admit = (bytes: number) => Promise<void>;

/** Rejects with the signal's reason when it is aborted. @returns The SHA-256 of what was written, in hexadecimal digits. */
export const fetchTo = async (
  source: Source,
  path: string,
  admit: Admit,
  signal: AbortSignal,
): Promise<string> => {
  const opened = source.kind === "file" ? await openFile(source.path) : await openUrl(source.url, signal);
  if (opened.size !== undefined) await admit(opened.size);
  const hash = createHash("sha256");
  const tooMuch = new TareError(
    "host-unfit",
    `${nameOfSource(source)} has more than ${MAX_FETCHED_BYTES / 2 ** 20} MiB`,
    "no release is that large: is it the right file?",
  );
  let seen = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      seen += chunk.length;
      if (seen > MAX_FETCHED_BYTES) throw tooMuch;
      yield chunk;
    }
  };
  try {
    await pipeline(opened.bytes(), counted, createWriteStream(path, { mode: 0o600 }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (noRoom(error)) throw diskFull(path, error);
    if (error === tooMuch) throw tooMuch;
    throw new TareError(
      "host-unfit",
      `${nameOfSource(source)} broke off after ${seen} bytes: ${reasonOf(error)}`,
      "try again, or fetch it elsewhere and give it with --from FILE",
      { cause: error },
    );
  }
  return hash.digest("hex");
};

export const noRoom = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
};

export const diskFull = (path: string, cause?: unknown): TareError =>
  new TareError(
    "host-unfit",
    `no room left where ${path} was being written`,
    "make room there and try again",
    {
      cause,
    },
  );

const openFile = async (path: string): Promise<Opened> => {
  try {
    return { bytes: () => createReadStream(path), size: (await stat(path)).size };
  } catch (error) {
    throw new TareError(
      "usage",
      `cannot read ${path}: ${messageOf(error)}`,
      "it must be a file that you may read",
      {
        cause: error,
      },
    );
  }
};

const openUrl = async (url: string, signal: AbortSignal): Promise<Opened> => {
  const name = nameOfSource({ kind: "url", url });
  const byHand = "on a closed network fetch that file elsewhere and give it with --from FILE";
  let response: Response;
  try {
    response = await fetch(url, { redirect: "follow", signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new TareError("host-unfit", `cannot reach ${name}: ${reasonOf(error)}`, byHand, { cause: error });
  }
  if (!response.ok || response.body === null) {
    throw new TareError("host-unfit", `${name} answers ${response.status} ${response.statusText}`, byHand);
  }
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  // Where the server compresses, the length is that of the compressed bytes.
  const size = response.headers.has("content-encoding") || Number.isNaN(length) ? undefined : length;
  const { body } = response;
  return { bytes: () => Readable.fromWeb(body), size };
};

/** fetch says "fetch failed" and keeps the reason one or two causes deep. */
const reasonOf = (error: unknown): string => {
  const { cause } = error as { readonly cause?: unknown };
  return cause === undefined || cause === null ? messageOf(error) : reasonOf(cause);
};
