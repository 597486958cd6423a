/** For which architecture an image of a kernel is, by the marks that boot loaders look for. */
import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import type { Architecture } from "../guests.ts";

/** https://www.kernel.org/doc/html/latest/arch/x86/boot.html, .../arch/arm64/booting.html; "zimg": drivers/firmware/efi/libstub/zboot-header.S. */
const MARKS: readonly (readonly [at: number, mark: string, architecture: Architecture])[] = [
  [0x202, "HdrS", "amd64"],
  [0x38, "ARM\x64", "arm64"],
  [4, "zimg", "arm64"],
];

const HEAD = 0x210;

/** Undefined where it has none of the marks. */
export const architectureOfKernel = async (file: string): Promise<Architecture | undefined> => {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(HEAD) });
    return MARKS.find(
      ([at, mark]) => buffer.subarray(at, at + mark.length).toString("latin1") === mark,
    )?.[2];
  } finally {
    await handle.close();
  }
};
