/**
 * Running programs of the other architecture while its packages are installed: the kernel's binfmt_misc hands them to
 * qemu-user. What had to be set up for it is undone.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import { nativeArchitecture } from "./architectures.ts";
import { need, run, say } from "./shell.ts";

const FOLDER = "/proc/sys/fs/binfmt_misc";

/** Magic and mask of an ELF file's first 20 bytes: class, byte order, type (executable or shared object), machine. */
const elf = (machine: number): readonly [magic: string, mask: string] => {
  const bytes = (values: readonly number[]): string =>
    values.map((value) => `\\x${value.toString(16).padStart(2, "0")}`).join("");
  const head = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  return [
    bytes([...head, 2, 0, machine, 0]),
    bytes([...head.map((_, at) => (at < 7 ? 0xff : at === 7 ? 0 : 0xff)), 0xfe, 0xff, 0xff, 0xff]),
  ];
};

const ELF_MACHINE = { amd64: 0x3e, arm64: 0xb7 } as const;

const isRegistered = async (name: string): Promise<boolean> =>
  existsSync(`${FOLDER}/${name}`) && (await readFile(`${FOLDER}/${name}`, "utf8")).startsWith("enabled");

/** Does the work with programs of that architecture runnable; they are so already on a machine of the same one. */
export const withForeignPrograms = async (target: Architecture, work: () => Promise<void>): Promise<void> => {
  if (nativeArchitecture()?.arch === target.arch) return await work();
  const interpreter = `/usr/bin/qemu-${target.machine}-static`;
  await need({ [interpreter]: "qemu-user-static" }, `installing ${target.arch} packages`);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    if (!existsSync(`${FOLDER}/register`)) {
      await run("mount", ["-t", "binfmt_misc", "binfmt_misc", FOLDER], {
        hint: "the kernel needs binfmt_misc (modprobe binfmt_misc); or build the image on a machine of that architecture",
      });
      undo.push(async () => await run("umount", [FOLDER]));
    }
    if (!(await isRegistered(`qemu-${target.machine}`))) {
      const name = `tare-qemu-${target.machine}`;
      if (!(await isRegistered(name))) {
        const [magic, mask] = elf(ELF_MACHINE[target.arch]);
        // F: the kernel keeps the interpreter open, so that it is found in a chroot too.
        await writeFile(`${FOLDER}/register`, `:${name}:M::${magic}:${mask}:${interpreter}:F`);
        say(`programs of ${target.arch} are run by ${interpreter} for now`);
        undo.push(async () => {
          await writeFile(`${FOLDER}/${name}`, "-1");
        });
      }
    }
    await work();
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw new TareError(
      "host-unfit",
      `binfmt_misc refused qemu-user for ${target.arch}: ${error instanceof Error ? error.message : String(error)}`,
      "building this image needs root and a kernel with binfmt_misc",
      { cause: error },
    );
  } finally {
    for (const step of undo.toReversed()) await step();
  }
};
