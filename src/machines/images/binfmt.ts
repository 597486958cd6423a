/**
 * Running programs of the other architecture while its packages are installed: the kernel's binfmt_misc hands them to
 * qemu-user. What had to be set up for it is undone.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { TareError, messageOf } from "../../domain/errors.ts";
import { FACTS, NATIVE } from "../guests.ts";
import type { Architecture } from "../guests.ts";
import type { BuildContext } from "./shell.ts";
import { need, run } from "./shell.ts";

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

const isRegistered = async (name: string): Promise<boolean> =>
  existsSync(`${FOLDER}/${name}`) && (await readFile(`${FOLDER}/${name}`, "utf8")).startsWith("enabled");

/** Does the work while programs of that architecture can run here. */
export const withForeignPrograms = async (
  target: Architecture,
  context: BuildContext,
  work: () => Promise<void>,
): Promise<void> => {
  if (NATIVE === target) return await work();
  const { uname, elfMachine } = FACTS[target];
  const interpreter = `/usr/bin/qemu-${uname}-static`;
  await need({ [interpreter]: "qemu-user-static" }, `installing ${target} packages`);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    if (!existsSync(`${FOLDER}/register`)) {
      await run("mount", ["-t", "binfmt_misc", "binfmt_misc", FOLDER], {
        hint: "the kernel needs binfmt_misc (modprobe binfmt_misc); or build the image on a machine of that architecture",
      });
      undo.push(async () => await run("umount", [FOLDER]));
    }
    if (!(await isRegistered(`qemu-${uname}`))) {
      const name = `tare-qemu-${uname}`;
      if (!(await isRegistered(name))) {
        const [magic, mask] = elf(elfMachine);
        // F: the kernel keeps the interpreter open, so that it is found in a chroot too.
        await writeFile(`${FOLDER}/register`, `:${name}:M::${magic}:${mask}:${interpreter}:F`);
        context.info(`programs of ${target} are run by ${interpreter} for now`);
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
      `binfmt_misc refused qemu-user for ${target}: ${messageOf(error)}`,
      "building this image needs root and a kernel with binfmt_misc",
      { cause: error },
    );
  } finally {
    for (const step of undo.toReversed()) await step();
  }
};
