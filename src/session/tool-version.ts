/** Which tare this is, for the record. */
import { join } from "node:path";
import type { Host } from "../domain/host.ts";
import type { Header } from "../domain/run-header.ts";
import { known, missing, value } from "../domain/units.ts";

export const packageVersion = async (host: Host): Promise<string> => {
  const text = known(await host.readText(join(host.root, "package.json"))) ?? "{}";
  return (JSON.parse(text) as { readonly version: string }).version;
};

/** The commit comes from git, or from TARE_COMMIT where the checkout was copied without its history, as into a guest. */
export const toolVersion = async (host: Host): Promise<Header["tool"]> => {
  const given = process.env["TARE_COMMIT"] ?? "";
  const git = await host.run("git", ["-C", host.root, "describe", "--always", "--dirty", "--abbrev=12"]);
  return {
    name: "tare",
    version: await packageVersion(host),
    commit:
      git.exitCode === 0
        ? value(git.stdout.trim())
        : given === ""
          ? missing("not a git checkout")
          : value(given),
  };
};
