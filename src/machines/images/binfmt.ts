/** Programs of the other architecture run while its packages are installed: the kernel's binfmt_misc hands them to qemu-user. */
import { existsSync } from "node:fs";
import { type Architecture, FACTS, NATIVE } from "../guests.ts";
import { type BuildContext, need, run } from "./shell.ts";

const FOLDER = "/proc/sys/fs/binfmt_misc";

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
  const hint =
    "building this image needs root and a kernel with binfmt_misc (modprobe binfmt_misc), or a machine of that architecture";
  const undo: string[] = [];
  try {
    if (!existsSync(`${FOLDER}/register`)) {
      await run("mount", ["-t", "binfmt_misc", "binfmt_misc", FOLDER], { hint });
      undo.push(`umount ${FOLDER}`);
    }
    if (!existsSync(`${FOLDER}/${name}`)) {
      await run("sh", ["-c", `cat ${registration} >${FOLDER}/register`], { hint });
      context.info(`programs of ${target} run under qemu-user for now`);
      undo.push(`echo -1 >${FOLDER}/${name}`);
    }
    await work();
  } finally {
    for (const step of undo.toReversed()) await run("sh", ["-c", step]);
  }
};
