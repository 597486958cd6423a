/** Programs are asked what machine they are made for: the header of an ELF file, elf(5). */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { TareError } from "../domain/errors.ts";

const HEADER_BYTES = 20;
const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const MACHINE_AT = 18;
/** e_machine. 247 is BPF, which every machine runs. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [62, "x86_64"],
  [183, "aarch64"],
]);
const BPF = 247;

/** e_machine of an ELF file; undefined for any other. All machines that tare supports are little-endian. */
const machineOf = async (path: string): Promise<number | undefined> => {
  const handle = await open(path, "r");
  try {
    const header = new Uint8Array(HEADER_BYTES);
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || MAGIC.some((byte, index) => header[index] !== byte)) return undefined;
    return new DataView(header.buffer).getUint16(MACHINE_AT, true);
  } finally {
    await handle.close();
  }
};

/** @throws TareError when there are programs in the folder and none of them is for that machine. */
export const refuseOtherMachines = async (folder: string, arch: string): Promise<void> => {
  const found = new Set<number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const machine = await machineOf(join(entry.parentPath, entry.name));
    if (machine !== undefined && machine !== BPF) found.add(machine);
  }
  const named = [...found].map((machine) => MACHINES.get(machine) ?? `ELF machine ${machine}`);
  if (named.length === 0 || named.includes(arch)) return;
  throw new TareError(
    "host-unfit",
    `its programs are for ${named.join(", ")}, and ${arch} is wanted`,
    `take the file for ${arch}`,
  );
};
