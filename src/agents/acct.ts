/**
 * Process accounting: when a process ends, the kernel appends a record of 64 bytes to a file. It holds the command's first 15 bytes
 * and no argument, so records of the workload's program are counted and not told from each other: acct(5), linux/acct.h.
 */
import { defineAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";
import { TareError } from "../domain/errors.ts";
import { known } from "../domain/units.ts";
import { noCounter } from "./shared/no-counter.ts";
import { type Check, needsCommand, needsRoot } from "./shared/obstacle.ts";
import { packaged, probeBy } from "./shared/probe.ts";
import { EXECS } from "./shared/techniques.ts";

/** As `ac_comm` holds a program's name: its first 15 bytes, with the end. */
const commandOf = (program: string): string => `${program.slice(0, 15)}\0`;

/** sizeof(struct acct_v3), in which the kernel writes since 2.6. */
const RECORD_BYTES = 64;

/** Fields of struct acct_v3, and the flag of a process that has forked and executed nothing (include/uapi/linux/acct.h). */
const PID_AT = 16;
const COMMAND_AT = 48;
const FORKED_ONLY = 1;

const wordAt = (record: string, at: number): number =>
  [3, 2, 1, 0].reduce((word, byte) => word * 256 + record.charCodeAt(at + byte), 0);

/** One for each process that ended and had executed something. */
const execsIn = (records: string): readonly string[] =>
  Array.from({ length: Math.floor(records.length / RECORD_BYTES) }, (_, index) =>
    records.slice(index * RECORD_BYTES, (index + 1) * RECORD_BYTES),
  ).flatMap((record) => {
    const [command = ""] = record.slice(COMMAND_AT).split("\0");
    return (record.charCodeAt(0) & FORKED_ONLY) === 0
      ? [`exec pid=${wordAt(record, PID_AT)} command=${command}`]
      : [];
  });

/** Where Debian's package and Red Hat's let the kernel write to. */
const USUAL_FILES = ["/var/log/account/pacct", "/var/account/pacct"] as const;

const sizesOf = async (host: Host): Promise<readonly (number | undefined)[]> =>
  await Promise.all(USUAL_FILES.map(async (path) => known(await host.fileSize(path))));

/** The kernel does not say whether it accounts. A process that ends leaves a record where the node's owner has it do so. */
const needsIdleAccounting: Check = async (host) => {
  const before = await sizesOf(host);
  await host.run("true", []);
  const after = await sizesOf(host);
  const grown = USUAL_FILES.find((_, at) => after[at] !== before[at]);
  if (grown === undefined) return undefined;
  return {
    reason: `process accounting is on already and writes to ${grown}; the kernel has only one`,
    hint: "switch it off for the measurement (accton off), and on again afterwards",
  };
};

export default defineAgent({
  id: "acct",
  title: "process accounting",
  homepage: "https://www.gnu.org/software/acct/",
  observes: ["exec"],
  coverage: {
    claims: [
      {
        of: ["exec-thread"],
        claimed: "nothing",
        why: "execs by a thread that is not the first: the kernel marks the process as one that has executed nothing",
      },
      {
        of: EXECS,
        claimed: "otherwise",
        why: "arguments and paths: a record holds the first 15 bytes of the command, so events are counted and not told from each other",
      },
    ],
    notes: [
      "processes that have not ended, and execs before a process' last one",
      "it stops of itself while the disk is nearly full, without a count (kernel.acct)",
      "files and network, by design",
    ],
    gapFor: ({ scenario, emits }) =>
      emits.by?.executes === undefined
        ? { extent: "all", why: `its records have no argument, and ${scenario} runs several programs` }
        : undefined,
  },
  overload: "blocks",
  telling: { eventsIn: execsIn, deeds: { exec: /^exec / }, pid: / pid=(\d+) / },
  packages: ["acct"],
  units: ["acct.service", "psacct.service"],
  optIn:
    "the kernel accounts into one file only, and whether the node's owner uses it cannot be seen for certain",
  probe: probeBy(
    [needsCommand("accton", "acct"), needsRoot, needsIdleAccounting],
    "accton",
    packaged("acct"),
  ),
  notInGuest: "it is the kernel itself, and a guest's agent is a process",
  start: async (host, context) => {
    const records = `${context.directory}/pacct`;
    await host.writeText(records, "");
    await context.effects.perform({
      kind: "command",
      title: "process accounting into a file of the run's own",
      do: ["accton", records],
      undo: [["accton", "off"]],
    });
    // Once accounting works, accton itself has left a record.
    await host.run("true", []);
    if ((known(await host.fileSize(records)) ?? 0) === 0) {
      throw new TareError(
        "run-failed",
        "process accounting is switched on, but ended processes leave no record",
        "the kernel pauses it while the disk is nearly full: see kernel.acct in proc(5), and make room",
      );
    }
    const programs = context.workloads.flatMap(({ emits }) => emits.by?.executes ?? []).map(commandOf);
    return {
      processes: [],
      outputs: [
        {
          path: records,
          forms:
            programs.length === 0
              ? {}
              : { exec: { kind: "records", holding: [programs], bytes: RECORD_BYTES } },
        },
      ],
      logs: [],
      settings: {
        command: "accton pacct",
        format: `acct_v3, ${RECORD_BYTES} bytes a process`,
        counted: "records of the workload's program; not told from each other",
        pausedByFreeSpace: known(await host.readText("/proc/sys/kernel/acct"))?.trim() ?? "unknown",
      },
      lost: noCounter("the kernel keeps no count of records that it did not write"),
    };
  },
});
