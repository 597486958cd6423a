/**
 * What a run takes of a node at most. It is a guest there: what these stop is ended or cut, and the node goes on. `tare run --dry-run` states
 * them.
 */

/** Free on the disks that a run writes to, or it does not begin, or ends at the next turn and can be resumed; a storm or a rising load ends at once. */
export const MIN_FREE_BYTES = 2 ** 30;
/** Free while an agent writes, or what it wrote is cut off and its turn ended. */
export const MIN_FREE_IN_TURN_BYTES = 2 ** 28;
/** What an agent's output and its messages may come to in one trial. More is cut off, and that loss is the harness's. */
export const MAX_LOG_BYTES = 2 ** 30;
/** Of the node's memory, for everything that an agent starts. */
export const MAX_MEMORY_SHARE = 0.5;
/** Processes and threads of an agent. */
export const MAX_AGENT_TASKS = 4096;
/** Of the node's memory, that must be available for a storm or a rising load to begin and to go on. */
export const MIN_FREE_MEMORY_SHARE = 0.1;
/** Of the processes and threads that the node has room for, in all, beyond which neither begins or goes on. */
export const MAX_TASKS_SHARE = 0.5;
/** Operations in one window of a rising load, each of which leaves a directory entry, an address or the memory of one process behind for a while. */
export const MAX_PROBE_OPERATIONS = { exec: 100_000, file: 300_000, network: 500_000 } as const;
/** Seconds that such a window lasts. */
export const MAX_PROBE_SECONDS = 12;
/** After which its guard ends it, where an agent that blocks makes it last longer, or tare itself stands still. */
export const MAX_GUARDED_SECONDS = 60;
/** After which the agent's guard tells it to end, should tare stand still: many times what a start under rising load takes. */
export const MAX_START_SECONDS = 1800;

/** A run of a command takes at most so long, and is killed. */
export const MAX_COMMAND_SECONDS = 120;
/** A storm ends by itself after so long, or by its guard, whatever becomes of the service beside it. */
export const MAX_STORM_SECONDS = 30;
/** Processes of a storm that do its operations, one for each CPU. */
export const MAX_STORM_PROCESSES = 8;
/** Of everything that a storm starts, where the node's cgroups can say so. */
export const MAX_STORM_TASKS = 64;
export const MAX_STORM_BYTES = 2 ** 28;
/** Sleeping processes, and files held open, that a node is made larger with (docs/scale.md). */
export const MAX_CROWD_PROCESSES = 2000;
export const MAX_CROWD_FILES = 20_000;
/** Of all of it, the kernel's part included: of its cgroup, where the node can say so. */
export const MAX_CROWD_BYTES = 2 ** 29;
export const MAX_CROWD_TASKS = 2100;
/** A run takes at most so many times what it was to take, and an hour: a guard against one that hangs, not a plan. */
const MAX_OVERTIME = 3;
const MAX_OVERTIME_SECONDS = 3600;

/** Of a server on the node that is asked for its counters. Any user could listen there before the agent does, and answer without end. */
export const ANSWER_TIMEOUT_MS = 5000;
export const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/** Seconds after which a run is ended that should have taken `seconds`. */
export const wallLimit = (seconds: number): number => MAX_OVERTIME * seconds + MAX_OVERTIME_SECONDS;
