/** What a file is, by its first bytes: a name is what somebody has called it. */
import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";

/**
 * `deb`: dpkg-deb gets its files out. `tar`: as it is, or packed so that tar's own reader unpacks it; so is what is not known, until that has
 * looked. `other`: bsdtar makes a tar archive of it. `none`: no archive at all.
 */
export interface ArchiveKind {
  readonly unpackedBy: "deb" | "tar" | "other" | "none";
  /** "an RPM package": completes "that is ...". */
  readonly title: string;
  /** Of what is no archive: what to do about it, where that is known. */
  readonly hint?: string;
  /** Of a tar archive. */
  readonly packed?: "gzip" | "zstd";
}

interface Known extends ArchiveKind {
  readonly bytes: Buffer;
}

const known = (unpackedBy: Known["unpackedBy"], title: string, ...bytes: readonly number[]): Known => ({
  unpackedBy,
  title,
  bytes: Buffer.from(bytes),
});
const ascii = (text: string): readonly number[] => [...Buffer.from(text, "ascii")];

/** From file(1)'s list, and from the formats that libarchive reads. */
const KINDS: readonly Known[] = [
  known("deb", "a Debian package", ...ascii("!<arch>\n")),
  { ...known("tar", "a gzip archive", 0x1f, 0x8b), packed: "gzip" },
  { ...known("tar", "a zstd archive", 0x28, 0xb5, 0x2f, 0xfd), packed: "zstd" },
  known("other", "an xz archive", 0xfd, ...ascii("7zXZ")),
  known("other", "a bzip2 archive", ...ascii("BZh")),
  known("other", "an lz4 archive", 0x04, 0x22, 0x4d, 0x18),
  known("other", "a zip archive", ...ascii("PK"), 3, 4),
  known("other", "an RPM package", 0xed, 0xab, 0xee, 0xdb),
  known("other", "a cpio archive", ...ascii("07070")),
  known("other", "a 7-Zip archive", ...ascii("7z"), 0xbc, 0xaf),
  {
    ...known("none", "a program and no archive", 0x7f, ...ascii("ELF")),
    hint: "tare finds a program that is on PATH; here it takes a whole release",
  },
  known("none", "a script and no archive", ...ascii("#!")),
  known("none", "a web page and no archive", ...ascii("<")),
];

const LONGEST = Math.max(...KINDS.map(({ bytes }) => bytes.length));

export const archiveKind = async (path: string): Promise<ArchiveKind> => {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    if (bytesRead === 0) return { unpackedBy: "none", title: "empty" };
    const head = buffer.subarray(0, bytesRead);
    return (
      KINDS.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes)) ?? {
        unpackedBy: "tar",
        title: "an archive",
      }
    );
  } finally {
    await file.close();
  }
};
