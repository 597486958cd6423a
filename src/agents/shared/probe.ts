/** The usual probe: nothing in the way, and then the program's path and version. */
import type { Agent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Check, firstObstacle } from "./obstacle.ts";

type Version = (host: Host, path: string) => Promise<string | undefined>;

export const probeBy =
  (checks: readonly Check[], program: string, version: Version): Agent["probe"] =>
  async (host) => {
    const obstacle = await firstObstacle(host, checks);
    if (obstacle !== undefined) return obstacle;
    const path = (await host.which(program)) ?? program;
    return { kind: "available", version: (await version(host, path)) ?? "unknown", path };
  };

export const saidBy =
  (...args: readonly string[]): Version =>
  (host, path) =>
    versionOf(host, path, args.length === 0 ? ["--version"] : args);

export const packaged =
  (name: string): Version =>
  async (host) =>
    (await debianVersion(host, name)) ?? "unpackaged";

/** Longer than any version's line: from each digit of what is longer, the pattern would be tried to its end. */
const MAX_SAID = 4096;

/** What a program prints for `--version`, cut down to the number; undefined when it prints none. */
export const versionOf = async (
  host: Host,
  command: string,
  args: readonly string[] = ["--version"],
): Promise<string | undefined> => {
  const { stdout, stderr } = await host.run(command, args);
  return /\d+\.\d+(?:\.\d+)*(?:[-~+][\w.~+-]+)?/.exec((stdout + stderr).slice(0, MAX_SAID))?.[0];
};

/** The installed version of a Debian package; undefined without dpkg or when it came another way. */
export const debianVersion = async (host: Host, name: string): Promise<string | undefined> => {
  const { exitCode, stdout } = await host.run("dpkg-query", ["-W", "-f", "${Version}", name]);
  const version = stdout.trim();
  return exitCode === 0 && version !== "" ? version : undefined;
};
