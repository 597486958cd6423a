/** What a run that has ended, however it has, still holds on the node. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

export interface Ran {
  readonly pid: number;
  /** A path that is among the arguments of its agent. */
  readonly flags: string;
}

/** What a run changes on a node that does not carry its name. */
type NodeState = readonly string[];

export const nodeState = (place: Place): NodeState =>
  place
    .mounts()
    .split("\n")
    .filter((line) => line.includes("tracing"))
    .map((line) => `mount ${line.split(" ")[1] ?? ""}`);

/** What of the run is still there. */
export const leftovers = (before: NodeState, place: Place, run: Ran): readonly string[] => {
  const name = `tare-${run.pid}`;
  const groups = readdirSync("/sys/fs/cgroup")
    .map((controller) => join("/sys/fs/cgroup", controller, name))
    .concat(join("/sys/fs/cgroup", name));
  return [
    ...nodeState(place).filter((line) => !before.includes(line)),
    ...groups.filter((path) => existsSync(path)),
    ...["/var/tmp", "/dev/shm"].flatMap((parent) =>
      readdirSync(place.seen(parent)).flatMap((one) =>
        one.startsWith(`${name}-`) ? [`${parent}/${one}`] : [],
      ),
    ),
    ...processesOf(run),
    ...(existsSync(place.seen(join(place.work, "tare"))) ? ["journal"] : []),
  ];
};

/** All but tare itself. */
export const processesOf = (run: Ran): readonly string[] =>
  readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      const isOurs =
        command.includes(run.flags) ||
        command.includes(`/var/tmp/tare-${run.pid}-`) ||
        environment.includes(`TARE_EFFECT=${run.pid}-`);
      return isOurs && Number(pid) !== run.pid ? [`process ${command.trim()}`] : [];
    } catch {
      return [];
    }
  });
