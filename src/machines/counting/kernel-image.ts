/** For which architecture an image of a kernel is, by the marks that boot loaders look for. */
import type { Architecture } from "../guests.ts";
import { headOf } from "./head-of.ts";

/** https://www.kernel.org/doc/html/latest/arch/x86/boot.html, .../arch/arm64/booting.html; "zimg": drivers/firmware/efi/libstub/zboot-header.S. */
const MARKS: readonly (readonly [at: number, mark: string, architecture: Architecture])[] = [
  [0x202, "HdrS", "amd64"],
  [0x38, "ARM\x64", "arm64"],
  [4, "zimg", "arm64"],
];

const HEAD = 0x210;

/** Undefined where it has none of the marks. */
export const architectureOfKernel = async (file: string): Promise<Architecture | undefined> => {
  const head = await headOf(file, HEAD);
  return MARKS.find(([at, mark]) => head.startsWith(mark, at))?.[2];
};
