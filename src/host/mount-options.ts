/** Gives the kernel's own file systems the options that they had; what is as it was, or no longer mounted, is left alone. */
import { readFile } from "node:fs/promises";
import { kernelMountOptions } from "../domain/mounts.ts";
import { runCommand } from "./command.ts";

const current = async (): Promise<Readonly<Record<string, string>>> =>
  kernelMountOptions(await readFile("/proc/self/mountinfo", "utf8"));

/** What is still otherwise, worded for people, or undefined. */
export const restoreMountOptions = async (
  options: Readonly<Record<string, string>>,
): Promise<string | undefined> => {
  const changed = async (): Promise<readonly (readonly [string, string, string])[]> => {
    const now = await current();
    return Object.entries(options).flatMap(([point, was]) => {
      const is = now[point];
      return is === undefined || is === was ? [] : [[point, was, is] as const];
    });
  };
  const said: string[] = [];
  for (const [point, was] of await changed()) {
    const done = await runCommand("mount", ["-o", `remount,${was}`, point]);
    if (done.exitCode !== 0) said.push((done.stderr + done.stdout).trim());
  }
  const left = (await changed()).map(([point, was, is]) => `${point} has the options ${is}, had ${was}`);
  return left.length === 0 ? undefined : [...left, ...said].join("; ");
};
