/**
 * Counts of instructions in place of time: what decided them, and how far the instrument is to be trusted. A record with counts has no figure of
 * time (docs/counting.md).
 */
import * as z from "zod";
import type { Condition } from "./condition.ts";
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
    initramfs: z.record(z.string(), Digest).describe("By agent: of the guest's file system."),
    seeds: z.array(Count).describe("One a block of each agent, in their order."),
    gate: Gate,
    knownLoop: KnownLoop,
  })
  .meta({ id: "counting", description: "How instructions were counted." });
export type Counting = From<typeof Counting>;

/** Over boots with different seeds: what the layout of memory makes of it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One agent at one operation; all figures are instructions. */
export interface CountRow extends Condition {
  readonly boots: number;
  /** Above the baseline, for a delivered event. */
  readonly added: Spread;
  /** Of an operation. */
  readonly baseline: Spread;
  /** Operations for each delivered event. */
  readonly perEvent: number;
  /** Where they are added to an operation, mean over the boots. `rest`: interrupts and switches between tasks. */
  readonly parts: Readonly<Record<"caller" | "agent" | "kernelThreads" | "rest", number>>;
  /** Of the single operation in the middle, where an agent works by event and not in batches. */
  readonly medianAdded: Spread | null;
  /** How often the agent's threads were put on the CPU for an operation. */
  readonly switches: number | null;
}

export interface Counts {
  readonly counting: Counting;
  readonly rows: readonly CountRow[];
}
