/**
 * A quota of CPU time for everything that an agent runs, as long as a trial takes. Where the agent's own cgroup divides CPU time it is set there;
 * with version 1, whose hierarchy for that is another one, its processes are in a cgroup there meanwhile.
 */
import { AGENT_QUOTA } from "../domain/beside.ts";
import type { Effect } from "../domain/effect.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import { known } from "../domain/units.ts";
import { type AgentCgroup, parseCgroupMounts } from "../observe/cgroup.ts";

const PERIOD_US = 100_000;
const QUOTA_US = PERIOD_US * AGENT_QUOTA;

const WRITE = `[ ! -e "$1" ] || echo "$2" >"$1"`;
/** One that has ended meanwhile needs no quota. */
const ENTER = `to=$1; shift
for pid do echo "$pid" >"$to" || [ ! -e "/proc/$pid" ] || exit 1; done`;
/** Each look is a new one: the file is another one when a process has left. */
const LEAVE = `[ -e "$1/cgroup.procs" ] || exit 0
while read -r pid <"$1/cgroup.procs"; do echo "$pid" >"$2/cgroup.procs" || exit 1; done`;

const writing = (file: string, quota: string, none: string): Effect => ({
  kind: "command",
  title: `quota of CPU time in ${file}`,
  do: ["sh", "-c", WRITE, "sh", file, quota],
  undo: [["sh", "-c", WRITE, "sh", file, none]],
});

const has = async (host: Host, file: string): Promise<boolean> =>
  (await host.readText(file)).kind === "value";

/** Why it cannot be; undefined: it is, until the scope is undone. */
export const limitAgent = async (
  host: Host,
  effects: EffectScope,
  { folders }: Pick<AgentCgroup, "folders">,
  pids: readonly number[],
  name: string,
): Promise<string | undefined> => {
  for (const folder of folders) {
    if (await has(host, `${folder}/cpu.max`)) {
      const file = `${folder}/cpu.max`;
      await effects.perform(writing(file, `${QUOTA_US} ${PERIOD_US}`, `max ${PERIOD_US}`));
      return undefined;
    }
    if (await has(host, `${folder}/cpu.cfs_quota_us`)) {
      await effects.perform(writing(`${folder}/cpu.cfs_quota_us`, String(QUOTA_US), "-1"));
      return undefined;
    }
  }
  const [first] = pids;
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const point = mounts.find(({ type, options }) => type === "cgroup" && options.includes("cpu"))?.point;
  if (first === undefined || point === undefined || host.uid !== 0)
    return "no cgroup of the node's sets a quota of CPU time for it";
  const at = placeIn(known(await host.readText(`/proc/${first}/cgroup`)) ?? "", "cpu");
  const folder = `${point}/${name}`;
  await effects.perform({ kind: "cgroup", path: folder });
  if (!(await has(host, `${folder}/cpu.cfs_quota_us`)))
    return "the kernel has no quota of CPU time (CFS_BANDWIDTH)";
  await effects.perform(writing(`${folder}/cpu.cfs_quota_us`, String(QUOTA_US), "-1"));
  await effects.perform({
    kind: "command",
    title: `processes under a quota of CPU time in ${folder}`,
    do: ["sh", "-c", ENTER, "sh", `${folder}/cgroup.procs`, ...pids.map(String)],
    undo: [["sh", "-c", LEAVE, "sh", folder, `${point}${at}`]],
  });
  return undefined;
};

/** Of `/proc/PID/cgroup`, where the process is in the hierarchy that has the controller: "" for its root. */
export const placeIn = (text: string, controller: string): string => {
  const line = text
    .split("\n")
    .map((one) => one.split(":"))
    .find(([, controllers = ""]) => controllers.split(",").includes(controller));
  const path = line?.slice(2).join(":") ?? "/";
  return path === "/" ? "" : path;
};
