/** The usual probe: nothing in the way, and then the program's path and version. */
import type { Agent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Check, firstObstacle } from "./obstacle.ts";
import { debianVersion, versionOf } from "./version.ts";

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
