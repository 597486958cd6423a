/** Files that travel inside the page, and those that are too large for that. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export interface Download {
  /** Under which a browser saves it; `.gz` is added where it travels compressed. */
  readonly name: string;
  readonly what: string;
  readonly content: Uint8Array | string;
  readonly compressed: boolean;
  /** Where else it is, for a reader of a page that it is too large for: "it lies in the run's folder". */
  readonly elsewhere: string;
}

/** Of a page as a whole: one that mail gateways refuse is no use. */
const MAX_PAGE_BYTES = 3_000_000;
/** Of all files together, as they stand in the page. */
const MAX_BYTES = 2_000_000;
/** Style, script and header, which are not counted before they are put together. */
const FRAME_BYTES = 100_000;

/** What is left for files in a page whose sections take so many bytes. */
export const roomBeside = (bytes: number): number =>
  Math.max(0, Math.min(MAX_BYTES, MAX_PAGE_BYTES - FRAME_BYTES - bytes));

export interface Packed {
  readonly name: string;
  readonly what: string;
  readonly elsewhere: string;
  /** The file itself; null where it is too large. */
  readonly href: string | null;
  /** Of the file as it is, not compressed. */
  readonly bytes: number;
  readonly digest: string;
}

const asBase64 = (bytes: number): number => Math.ceil(bytes / 3) * 4;
const fitting = Math.floor(MAX_BYTES / 4) * 3;
const gzipped = promisify(gzip);

/** Null where it is too large even alone: then compressing stops half-way. */
const compress = async (plain: Uint8Array): Promise<Uint8Array | null> => {
  try {
    return await gzipped(plain, { maxOutputLength: fitting });
  } catch (error) {
    if (error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") return null;
    throw error;
  }
};

/** A file as it would travel; its body is null where it is too large for any page. */
export interface Squeezed {
  readonly download: Download;
  readonly plain: Uint8Array;
  readonly body: Uint8Array | null;
}

export const squeeze = (downloads: readonly Download[]): Promise<readonly Squeezed[]> =>
  Promise.all(
    downloads.map(async (download): Promise<Squeezed> => {
      const { content, compressed } = download;
      const plain = typeof content === "string" ? Buffer.from(content) : content;
      return { download, plain, body: compressed ? await compress(plain) : plain };
    }),
  );

/** In order, as long as there is room; one that does not fit is named without its content. */
export const pack = (squeezed: readonly Squeezed[], room: number): readonly Packed[] => {
  let left = room;
  return squeezed.map(({ download: { name, what, compressed, elsewhere }, plain, body }): Packed => {
    const fits = body !== null && asBase64(body.length) <= left;
    if (fits) left -= asBase64(body.length);
    const type = compressed ? "application/gzip" : "text/plain";
    return {
      name: compressed && fits ? `${name}.gz` : name,
      what,
      elsewhere,
      href: fits ? `data:${type};base64,${Buffer.from(body).toString("base64")}` : null,
      bytes: plain.length,
      digest: createHash("sha256").update(plain).digest("hex"),
    };
  });
};
