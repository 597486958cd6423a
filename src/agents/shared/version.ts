/** Versions as the package manager or the program itself tells them. */
import type { Host } from "../../domain/host.ts";

/** What a program prints for `--version`, cut down to the number; undefined when it prints none. */
export const versionOf = async (
  host: Host,
  command: string,
  args: readonly string[] = ["--version"],
): Promise<string | undefined> => {
  const { stdout, stderr } = await host.run(command, args);
  return /\d+\.\d+(?:\.\d+)*(?:[-~+][\w.~+-]+)?/.exec(stdout + stderr)?.[0];
};

/** The installed version of a Debian package; undefined without dpkg or when it came another way. */
export const debianVersion = async (host: Host, name: string): Promise<string | undefined> => {
  const { exitCode, stdout } = await host.run("dpkg-query", ["-W", "-f", "${Version}", name]);
  const version = stdout.trim();
  return exitCode === 0 && version !== "" ? version : undefined;
};
