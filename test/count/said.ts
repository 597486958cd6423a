/** What a guest says on its serial line, for tests: as scripts/machines/guest/count.sh writes it. */
import { zstdCompressSync } from "node:zlib";

export interface SaidSpec {
  readonly agent?: string;
  /** Instructions of one operation, without an agent and with it. */
  readonly own?: number;
  readonly added?: number;
  /** What the agent spends in the window, after it, and after a window without events: instructions. */
  readonly spends?: readonly [inWindow: number, afterwards: number, quiet: number];
  /** The same of its client; absent: it has none. */
  readonly clientSpends?: readonly [inWindow: number, afterwards: number, quiet: number];
  readonly output?: string;
  readonly operations?: number;
  readonly lost?: readonly string[];
  /** Instructions of one operation in each phase; `programs`: in how many BPF programs, and how much in each of them for one. */
  readonly phases?: {
    readonly programs?: readonly [loaded: number, open: number, each: number];
    readonly unread?: number;
    readonly silent?: number;
  };
}

const KERNEL_LINE = "[   12.345678] some driver says something";

const schedstat = (used: number, times = 1): string => `${used} 0 ${times}\n`;
const usage = (used: number): string => `usage_usec ${used / 1000}\nuser_usec 0\n`;

const usages = (inWindow: number, afterwards: number): Files["texts"] => [
  usage(5000),
  usage(5000 + inWindow),
  usage(5000 + inWindow + afterwards),
];

interface Files {
  readonly path: string;
  readonly texts: readonly [string, string, string];
}

/** Half of the time is idle. */
const timers = (done: number): string =>
  `Timer List Version: v0.10\nnow at ${2 * done} nsecs\n\ncpu: 0\n  .idle_sleeptime : ${done} nsecs\n`;

const filesOf = (
  isAgents: boolean,
  done: number,
  [inWindow, afterwards]: readonly [number, number],
  client?: readonly [number, number],
): readonly Files[] => [
  { path: "/proc/timer_list", texts: [timers(1e6), timers(1e6 + done), timers(2e6 + done)] },
  {
    path: "/proc/18/schedstat",
    texts: [schedstat(1000), schedstat(1500), schedstat(1500 + 300)],
  },
  ...(isAgents
    ? [
        { path: "/sys/fs/cgroup/agent/cpu.stat", texts: usages(inWindow, afterwards) },
        ...(client === undefined
          ? []
          : [{ path: "/sys/fs/cgroup/agent/client/cpu.stat", texts: usages(...client) }]),
        {
          path: "/proc/99/schedstat",
          texts: [schedstat(5000, 7), schedstat(6000, 10), schedstat(7000, 12)],
        } as const,
      ]
    : []),
];

const trialLines = (
  id: string,
  scenario: string,
  operations: number,
  each: number,
  files: readonly Files[],
  isAgents: boolean,
): readonly string[] => {
  const batch = {
    operations,
    wallNs: operations * each,
    cpuNs: operations * each,
    userNs: 0,
    systemNs: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
  };
  const result = {
    protocol: 2,
    scenario: scenario === "quiet" ? "syscall-tax" : scenario,
    trial: id,
    mode: "closed",
    startNs: 1000,
    endNs: 1000 + operations * each,
    operations: [
      {
        operation: scenario === "quiet" ? "getppid" : "open",
        count: operations,
        errors: 0,
        timedEvery: 1,
        batches: [batch],
        service: { significantDigits: 3, minNs: each, maxNs: each, buckets: [[each, operations]] },
        response: null,
      },
    ],
    control: { spinNs: [1, 1], syscallNs: [1, 1] },
    snapshots: files.map(({ path, texts: [before, after] }) => ({ path, before, after })),
    maxRssKib: 100,
  };
  const drained = {
    driver: "drained",
    snapshots: files.map(({ path, texts }) => ({ path, text: texts[2] })),
  };
  return [
    `tare:trial ${id} ${scenario}`,
    "tare:threads 18=(rcu_preempt)",
    `tare:own${isAgents ? " 99" : ""}`,
    `tare:result ${JSON.stringify(result)}`,
    `tare:drained ${JSON.stringify(drained)}`,
  ];
};

const PHASE_OPERATIONS = 100;

const programFiles = (open: number, each: number): readonly Files[] =>
  Array.from({ length: open }, (_, index) => {
    const text = (spent: number): string => `prog_id:\t${index}\nrun_time_ns:\t${spent}\nrun_cnt:\t1\n`;
    const after = text(500 + each * PHASE_OPERATIONS);
    return { path: `/proc/99/fdinfo/${index}`, texts: [text(500), after, after] };
  });

const phaseLines = (phase: string, each: number, files: readonly Files[] = []): readonly string[] => [
  `tare:phase ${phase}`,
  ...trialLines("ff01", "file-open", PHASE_OPERATIONS, each, files, true),
];

const programLines = ([loaded, open, each]: readonly [number, number, number]): readonly string[] => {
  const files = programFiles(open, each);
  const [head = "", ...rest] = phaseLines("programs", 1, files);
  return [head, `tare:programs ${[loaded, ...files.map(({ path }) => path)].join(" ")}`, ...rest];
};

/** A boot of one agent with its baselines, with trials 0001, 0002 and 0003 of file-open. */
export const saidBoot = ({
  agent = "sensor",
  own = 6000,
  added = 800,
  spends = [20_000, 30_000, 10_000],
  clientSpends,
  output = "",
  operations = 100,
  lost = ["0", "0", "0"],
  phases = {},
}: SaidSpec = {}): string => {
  const { programs, unread, silent } = phases;
  const baseline = (id: string): readonly string[] => [
    "tare:turn baseline",
    ...trialLines("0000", "quiet", 100, 100, filesOf(false, 10_000, [0, 0]), false),
    ...trialLines(id, "file-open", operations, own, filesOf(false, operations * own, [0, 0]), false),
  ];
  const [inWindow, afterwards, quiet] = spends;
  const [clientInWindow = 0, clientAfterwards = 0, clientQuiet = 0] = clientSpends ?? [];
  const ofClient = (one: number, then: number): readonly [number, number] | undefined =>
    clientSpends === undefined ? undefined : [one, then];
  const lines = [
    KERNEL_LINE,
    "tare:kernel 6.12.9-cloud-amd64",
    "tare:cpu model name\t: Example CPU",
    "tare:memory MemTotal:         991184 kB",
    "tare:clock tsc",
    "tare:known-loop",
    "turn 21",
    "1 94",
    "10 283",
    "100 2173",
    "tare:known-loop-end",
    ...baseline("0001"),
    `tare:turn ${agent}`,
    `tare:version ${agent} example 1.2`,
    `tare:ready ${agent} 210`,
    `tare:lost ${lost[0] ?? ""}`,
    ...trialLines(
      "0000",
      "quiet",
      100,
      100,
      filesOf(true, 10_000, [0, quiet], ofClient(0, clientQuiet)),
      true,
    ),
    `tare:lost ${lost[1] ?? ""}`,
    KERNEL_LINE,
    ...trialLines(
      "0002",
      "file-open",
      operations,
      own + added,
      filesOf(
        true,
        operations * (own + added),
        [inWindow, afterwards],
        ofClient(clientInWindow, clientAfterwards),
      ),
      true,
    ),
    `tare:lost ${lost[2] ?? ""}`,
    ...(programs === undefined ? [] : programLines(programs)),
    ...(unread === undefined ? [] : phaseLines("unread", unread)),
    `tare:stopped ${agent} 240`,
    `tare:output ${agent} events.jsonl ${Buffer.byteLength(output)}`,
    ...(zstdCompressSync(output)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
    "tare:output-end",
    ...(silent === undefined
      ? []
      : [
          "tare:silent",
          `tare:version ${agent} example 1.2`,
          `tare:ready ${agent} 210`,
          "tare:lost 0",
          ...phaseLines("silent", silent),
          `tare:stopped ${agent} 240`,
        ]),
    ...baseline("0003"),
    "tare:end",
  ];
  return `${lines.join("\r\n")}\r\n`;
};
