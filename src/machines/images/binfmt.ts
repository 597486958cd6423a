/**
 * Running programs of the other architecture while its packages are installed: the kernel's binfmt_misc hands them to qemu-user.
 * Whatever had to be set up for it is undone.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { TareError, messageOf } from "../../domain/errors.ts";
import { type Architecture, FACTS, NATIVE } from "../guests.ts";
import { type BuildContext, need, run } from "./shell.ts";

const FOLDER = "/proc/sys/fs/binfmt_misc";

/** Does the work while programs of that architecture can run here. */
export const withForeignPrograms = async (
  target: Architecture,
  context: BuildContext,
  work: () => Promise<void>,
): Promise<void> => {
  if (NATIVE === target) return await work();
  const name = `qemu-${FACTS[target].uname}`;
  // The line that systemd would register, with the interpreter that the package brings.
  const registration = `/usr/lib/binfmt.d/${name}.conf`;
  await need({ [registration]: "qemu-user-static" }, `installing ${target} packages`);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    if (!existsSync(`${FOLDER}/register`)) {
      await run("mount", ["-t", "binfmt_misc", "binfmt_misc", FOLDER], {
        hint: "the kernel needs binfmt_misc (modprobe binfmt_misc); or build the image on a machine of that architecture",
      });
      undo.push(async () => await run("umount", [FOLDER]));
    }
    if (!existsSync(`${FOLDER}/${name}`)) {
      await writeFile(`${FOLDER}/register`, (await readFile(registration, "utf8")).trim());
      context.info(`programs of ${target} run under qemu-user for now`);
      undo.push(async () => {
        await writeFile(`${FOLDER}/${name}`, "-1");
      });
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
