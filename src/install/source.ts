/** Which file is to be unpacked, and which checksum it must have. */
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { VendorFile, VendorRelease } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";

export type Source =
  { readonly kind: "file"; readonly path: string } | { readonly kind: "url"; readonly url: string };

export interface Wanted {
  readonly file: VendorFile;
  readonly source: Source;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** The release's own, or `custom-<start of the checksum>` for a file that is not the release that tare knows. */
  readonly version: string;
}

export interface Choice {
  readonly id: string;
  readonly release: VendorRelease;
  readonly arch: string;
  /** A file, a folder that holds the vendor's file under its own name, or a URL (ending in "/": a folder). Absent: the vendor. */
  readonly from?: string | undefined;
  /** Wins over the adapter's. */
  readonly sha256?: string | undefined;
}

export const nameOfSource = (source: Source): string =>
  source.kind === "file" ? source.path : source.url.replace(/\/\/[^/@]*@/, "//");

/** @throws TareError when the vendor has no file for this machine, no checksum is known, or `from` does not exist. */
export const decideWhat = async (choice: Choice): Promise<Wanted> => {
  const { id, release, arch } = choice;
  const file = release.files[arch];
  if (file === undefined) {
    throw new TareError(
      "host-unfit",
      `${id} ${release.version} is not offered for ${arch}; there is one for ${Object.keys(release.files).join(", ")}`,
      "leave this agent out on this machine",
    );
  }
  const name = basename(new URL(file.url).pathname);
  const given = choice.sha256?.toLowerCase();
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(given)) {
    throw new TareError(
      "usage",
      `--sha256 ${choice.sha256 ?? ""}: not 64 hexadecimal digits`,
      "take the first column of sha256sum",
    );
  }
  const sha256 = given ?? file.sha256 ?? undefined;
  if (sha256 === undefined) {
    throw new TareError(
      "usage",
      `no published checksum of ${name} could be verified when this adapter was written`,
      `give it with --sha256, from the vendor's page of the release or of a copy that you trust; the file is ${file.url}`,
    );
  }
  const source = await sourceOf(choice.from ?? file.url, name);
  // A name says nothing of what is in a file. Where no checksum does either, it is the vendor's address that it comes from.
  const known = file.sha256 === null ? nameOfSource(source) === file.url : sha256 === file.sha256;
  return { file, source, sha256, version: known ? release.version : `custom-${sha256.slice(0, 12)}` };
};

const sourceOf = async (from: string, name: string): Promise<Source> => {
  if (/^https?:\/\//.test(from)) return { kind: "url", url: from.endsWith("/") ? from + name : from };
  const path = resolve(from);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new TareError("usage", `--from ${from}: no such file or folder`, `it must be ${name} or hold it`);
  }
  if (!found.isDirectory()) return { kind: "file", path };
  const inside = join(path, name);
  if ((await stat(inside).catch(() => undefined)) === undefined) {
    throw new TareError(
      "usage",
      `--from ${from}: there is no ${name} in it`,
      "name the file itself if it is called otherwise",
    );
  }
  return { kind: "file", path: inside };
};
