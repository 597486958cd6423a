/** What can go wrong with a run, done to real processes on a real kernel. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HeldRun } from "./held-run.ts";
import type { Place } from "./place.ts";
import { build, STAGES, type StageId } from "./stages.ts";

/** How the run ends, and when the node is as it was. */
export type Expected =
  | { readonly exit: 130 | 70 | 4 | 2 | "killed"; readonly restored: "at once" | "by the next command" }
  /** It goes on to its end. */
  | { readonly exit: "whole"; readonly restored: "at once" };

export interface Fault {
  readonly id: string;
  readonly title: string;
  readonly stages: readonly StageId[];
  /** What starts the agent instead of tare. */
  readonly through?: readonly string[];
  /** Why it cannot be done on this machine. */
  obstacle?(): string | undefined;
  env?(place: Place): NodeJS.ProcessEnv;
  inject(run: HeldRun, place: Place): void | Promise<void>;
  /** Before the next command, what an administrator would do. */
  repair?(place: Place): void;
  /** Among the words of the run and of the next command, but for the stages at which there is nothing to say. */
  readonly says?: RegExp;
  readonly silentAt?: readonly StageId[];
  readonly expected: Expected;
  /** Where it ends in another way, because nothing has been begun. */
  readonly expectedAt?: Partial<Readonly<Record<StageId, Expected>>>;
}

const ALL = STAGES.map(({ id }) => id);
const WITH_AGENT: readonly StageId[] = ["start", "ready", "warm-up", "window", "drain", "stop"];
const but = (...left: readonly StageId[]): readonly StageId[] => ALL.filter((id) => !left.includes(id));

/** Longer than what is taken for one press of a key. */
const SECOND_PRESS_MS = 1500;

const INTERRUPTED = { exit: 130, restored: "at once" } as const;
const KILLED = { exit: "killed", restored: "by the next command" } as const;
/** After the page was begun there is nothing to undo any more. */
const CLEANED = { says: /undid what run/, silentAt: ["report"] } as const;
const WHOLE = { exit: "whole", restored: "at once" } as const;

const signalled = (signal: "SIGINT" | "SIGTERM" | "SIGHUP", title: string): Fault => ({
  id: signal,
  title,
  stages: ALL,
  inject: ({ child }) => {
    child.kill(signal);
    child.kill("SIGCONT");
  },
  says: new RegExp(`interrupted by ${signal}.*hint: (?:resume with|start again|.tare report)`),
  expected: INTERRUPTED,
});

const deaf = ({ flags }: HeldRun): void => {
  writeFileSync(join(flags, "deaf"), "");
};

const MEMORY_GROUPS = "/sys/fs/cgroup/memory";
const OOM_BYTES = 16 * 2 ** 20;

/** Lets the kernel run out of memory in a cgroup in which the process is the one to be killed first. */
const killByMemory = async (pid: number): Promise<void> => {
  const group = join(MEMORY_GROUPS, `tare-faults-${pid}`);
  mkdirSync(group);
  writeFileSync(join(group, "memory.limit_in_bytes"), String(OOM_BYTES));
  writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  writeFileSync(join(group, "cgroup.procs"), String(pid));
  // What lies in /dev/shm is charged to the cgroup and to no process, so whoever fills it is not the largest one.
  const file = `/dev/shm/tare-faults-${pid}`;
  const fill = `echo $$ > ${group}/cgroup.procs; exec dd if=/dev/zero of=${file} bs=64k`;
  const hog = spawnSync("sh", ["-c", fill]);
  rmSync(file, { force: true });
  if (hog.signal !== "SIGKILL") throw new Error(`the kernel did not run out of memory in ${group}`);
  for (let looks = 0; readFileSync(join(group, "cgroup.procs"), "utf8") !== ""; looks++) {
    if (looks === 500) throw new Error(`pid ${pid} outlived the shortage of memory`);
    await sleep(10);
  }
  await removeGroup(group);
};

/** The kernel lets go of a cgroup a moment after its last process. */
export const removeGroup = async (group: string): Promise<void> => {
  for (;;) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    }
    await sleep(10);
  }
};

const noMemoryGroups = (): string | undefined =>
  existsSync(join(MEMORY_GROUPS, "memory.limit_in_bytes"))
    ? undefined
    : `no memory controller of cgroup v1 at ${MEMORY_GROUPS}`;

/** A process of the workload that does operations: the youngest driver. */
const workload = (run: HeldRun): number => {
  const found = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(
          `--directory=/var/tmp/tare-${run.pid}-`,
        );
      } catch {
        return false;
      }
    });
  const pid = found.sort((a, b) => a - b).at(-1);
  if (pid === undefined) throw new Error("there is no workload");
  return pid;
};

/** Every process that has to do with the run, at once: what a power cut ends. */
export const killAll = (run: Pick<HeldRun, "pid" | "child">): void => {
  run.child.kill("SIGKILL");
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, "latin1");
      if (environment.includes(`TARE_EFFECT=${run.pid}-`)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It ended meanwhile.
    }
  }
};

const oomKilled = (
  id: string,
  title: string,
  stages: readonly StageId[],
  of: (run: HeldRun) => number,
  expected: Expected,
): Fault => ({
  id,
  title,
  stages,
  obstacle: noMemoryGroups,
  inject: async (run) => {
    await killByMemory(of(run));
    run.release();
  },
  expected,
});

const stepped = (id: string, hours: number): Fault => ({
  id,
  title: `the clock is stepped by ${hours} hours`,
  stages: ALL,
  env: ({ folder }) => ({
    LD_PRELOAD: build("clock.c", "-shared", "-fPIC", "-ldl"),
    FAULTS_CLOCK: join(folder, "clock"),
  }),
  inject: (run, { folder }) => {
    writeFileSync(join(folder, "clock"), String(hours * 3600));
    run.release();
  },
  expected: WHOLE,
});

export const FAULTS: readonly Fault[] = [
  signalled("SIGINT", "Ctrl-C (SIGINT)"),
  {
    id: "SIGINT-twice",
    title: "Ctrl-C twice, the agent ignores SIGTERM",
    stages: ALL,
    inject: async (run) => {
      deaf(run);
      run.child.kill("SIGINT");
      run.child.kill("SIGCONT");
      await sleep(SECOND_PRESS_MS);
      run.child.kill("SIGINT");
    },
    expected: INTERRUPTED,
  },
  signalled("SIGTERM", "SIGTERM"),
  signalled("SIGHUP", "the terminal is closed (SIGHUP)"),
  {
    id: "deaf",
    title: "SIGTERM, the agent ignores it",
    stages: WITH_AGENT,
    inject: (run) => {
      deaf(run);
      run.child.kill("SIGTERM");
    },
    expected: INTERRUPTED,
  },
  {
    id: "SIGKILL",
    title: "kill -9",
    ...CLEANED,
    stages: ALL,
    inject: ({ child }) => {
      child.kill("SIGKILL");
    },
    expected: KILLED,
  },
  {
    id: "SIGSEGV",
    title: "tare crashes (SIGSEGV)",
    ...CLEANED,
    stages: ALL,
    inject: ({ child }) => {
      child.kill("SIGSEGV");
      child.kill("SIGCONT");
    },
    expected: KILLED,
  },
  {
    id: "bug",
    title: "an assertion in tare fails",
    stages: ALL,
    env: () => ({ NODE_OPTIONS: `--import=${join(import.meta.dirname, "bug.ts")}` }),
    inject: ({ child }) => {
      child.kill("SIGUSR2");
      child.kill("SIGCONT");
    },
    says: /this is a bug in tare/,
    expected: { exit: 70, restored: "at once" },
  },
  oomKilled("oom-tare", "out of memory: tare is killed", ALL, ({ pid }) => pid, KILLED),
  oomKilled("oom-agent", "out of memory: the agent is killed", WITH_AGENT, (run) => run.agent(), WHOLE),
  oomKilled(
    "oom-workload",
    "out of memory: the workload is killed",
    ["ready", "warm-up", "window", "drain"],
    workload,
    WHOLE,
  ),
  {
    id: "left-cgroup",
    title: "the agent leaves its cgroup",
    says: /has left the cgroup/,
    silentAt: ["stop"],
    stages: WITH_AGENT,
    inject: (run) => {
      for (const controller of ["cpuacct", "memory", "unified", "."]) {
        const procs = join("/sys/fs/cgroup", controller, "cgroup.procs");
        if (existsSync(procs)) appendFileSync(procs, String(run.agent()));
      }
      run.release();
    },
    expected: WHOLE,
  },
  {
    id: "no-mark",
    title: "the agent starts itself anew without its environment, and forks away",
    stages: ["start"],
    // Until what forked away is there; $1 is the agent, $2 the folder of its flags.
    through: ["sh", "-c", 'env -i setsid --fork "$@"; until [ -s "$2/reached" ]; do sleep 0.02; done', "sh"],
    inject: (run) => {
      run.release();
    },
    expected: WHOLE,
  },
  {
    id: "disk-full",
    title: "the disk is full",
    says: /ENOSPC|0 MiB free, and a turn needs/,
    stages: ALL,
    inject: (run, { sh, work }) => {
      sh(`fallocate -l $(df -B1 --output=avail ${work} | tail -n 1) ${work}/filler || true`);
      sh(`cat /dev/zero > ${work}/filler2 2>/dev/null || true`);
      run.release();
    },
    repair: ({ sh, work }) => {
      sh(`rm -f ${work}/filler ${work}/filler2`);
    },
    expected: { exit: 4, restored: "at once" },
    expectedAt: { probe: { exit: 2, restored: "at once" } },
  },
  {
    id: "read-only",
    title: "the disk fails and is read-only from then on",
    says: /EROFS|EIO/,
    stages: ALL,
    inject: (run, { sh, work }) => {
      sh(`d=$(findmnt -no SOURCE --target ${work}); echo 1 > /sys/fs/ext4/\${d#/dev/}/trigger_fs_error`);
      run.release();
    },
    repair: (place) => {
      place.repair();
    },
    expected: { exit: 4, restored: "by the next command" },
    expectedAt: { probe: { exit: 2, restored: "by the next command" } },
  },
  {
    id: "removed",
    title: "results/ is removed",
    says: /was removed while the run wrote to it: made again/,
    silentAt: ["probe"],
    stages: but("report"),
    inject: (run, { sh, work }) => {
      sh(`rm -rf ${work}/results`);
      run.release();
    },
    expected: WHOLE,
  },
  stepped("clock-ahead", 5),
  stepped("clock-back", -5),
  {
    id: "power-cut",
    title: "power cut",
    ...CLEANED,
    stages: but("report"),
    inject: killAll,
    expected: KILLED,
  },
];
