/**
 * Counts of instructions in place of time: what decided them, and how far the instrument is to be trusted. A record with counts has no figure of
 * time (docs/counting.md).
 */
import * as z from "zod";
import { Condition } from "./condition.ts";
import type { From } from "./schema.ts";
import { Count, Figure } from "./units.ts";

/** Said wherever counts are shown. */
export const NOT_TIME = "instructions, not time";

const Digest = z.string().describe("SHA-256, hexadecimal.");

const KnownLoop = z
  .object({
    instructions: Count.describe("Of one turn."),
    points: z
      .array(z.tuple([Count, Figure]))
      .describe("[turns, what the guest's clock said that they took, in its nanoseconds]"),
    slope: Figure.describe("Nanoseconds of the guest's clock for one turn more, by least squares."),
    residual: Figure.describe("The largest distance of a point from that line, nanoseconds."),
  })
  .describe("A loop whose instructions are known, so that the clock is shown to count them.");
export type KnownLoop = From<typeof KnownLoop>;

const Gate = z
  .object({
    seed: Count,
    boots: Count,
    agents: z
      .record(z.string(), Digest)
      .describe("By agent: the digest of what the guest said on its serial line, in every one of the boots."),
  })
  .describe(
    "The same seed booted several times with nothing left to chance: it must say the same to the byte, or no count holds. A record is made only where it did.",
  );

export const Counting = z
  .object({
    qemu: z.string().describe("Its version."),
    machine: z.array(z.string()).describe("QEMU's arguments that decide the count, without files and seed."),
    kernelLine: z.string().describe("What the kernel was given, where the layout is left to the seed."),
    kernel: Digest.describe("Of the kernel's image."),
    compilers: z
      .string()
      .exactOptional()
      .describe("Which made the workloads and the sensor. Absent in older records."),
    initramfs: z.record(z.string(), Digest).describe("By agent: of the guest's file system."),
    turns: Digest.exactOptional().describe("Of what all guests are told to do. Absent in older records."),
    seeds: z.array(Count).describe("One a block of each agent, in their order."),
    gate: Gate,
    knownLoop: KnownLoop,
  })
  .meta({ id: "counting", description: "How instructions were counted." });
export type Counting = From<typeof Counting>;

const Spread = z
  .strictObject({ median: z.number(), low: z.number(), high: z.number() })
  .describe("Over boots with different seeds: what the layout of memory makes of it.");
export type Spread = From<typeof Spread>;

export const CountRow = Condition.extend({
  boots: Count,
  added: Spread.describe("Above the baseline, for a delivered event."),
  baseline: Spread.describe("Of an operation without an agent."),
  perEvent: z.number().describe("Operations for each delivered event."),
  parts: z
    .strictObject({
      path: z
        .number()
        .describe("The caller's system call, without the agent's BPF programs where these are told."),
      programs: z
        .number()
        .nullable()
        .describe("The agent's BPF programs; null where they are not told apart."),
      agent: z.number().describe("The agent's processes, without its client."),
      client: z
        .number()
        .nullable()
        .describe("The program that takes the agent's events from it; null where there is none."),
      kernelThreads: z.number(),
      rest: z.number().describe("Interrupts, and switches between tasks."),
    })
    .describe("Where they are added to an operation, mean over the boots."),
  medianAdded: Spread.nullable().describe(
    "Of the single operation in the middle, where an agent works by event and not in batches.",
  ),
  phases: z
    .strictObject({
      silent: z.number().nullable().describe("Its hooks in place, and nothing to report."),
      unread: z.number().nullable().describe("Reporting, with its processes frozen."),
    })
    .describe(
      "The same in less than all of the agent, median over the boots; null where a phase was not run.",
    ),
  wakeUps: z
    .number()
    .nullable()
    .describe("How often the agent's threads were put on the CPU for a delivered event."),
}).meta({ id: "countRow", description: "One agent at one operation; all figures are instructions." });
export type CountRow = From<typeof CountRow>;

export const Counts = z.strictObject({ counting: Counting, rows: z.array(CountRow) });
export type Counts = From<typeof Counts>;
