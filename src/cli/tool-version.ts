/** Which tare this is, for the record. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Header } from "../domain/record.ts";
import { missing, value } from "../domain/units.ts";
import type { CliContext } from "./context.ts";

export const packageVersion = async (root: string): Promise<string> => {
  const parsed = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    readonly version: string;
  };
  return parsed.version;
};

/** The commit comes from git, or from TARE_COMMIT where the checkout was copied without its history, as into a guest. */
export const toolVersion = async (context: CliContext): Promise<Header["tool"]> => {
  const told = process.env["TARE_COMMIT"] ?? "";
  const git = await context.host.run("git", [
    "-C",
    context.root,
    "describe",
    "--always",
    "--dirty",
    "--abbrev=12",
  ]);
  return {
    name: "tare",
    version: await packageVersion(context.root),
    commit:
      git.exitCode === 0
        ? value(git.stdout.trim())
        : told === ""
          ? missing("not a git checkout")
          : value(told),
  };
};
