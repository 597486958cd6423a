/** One input through a target: what was thrown, and whether it took longer than its size allows. */
import { MAX_MS, MAX_MS_PER_KIB, type Target } from "./target.ts";

export interface Finding {
  readonly kind: "crash" | "hang";
  readonly what: string;
  /** Two of the same kind at the same place are one. */
  readonly place: string;
}

const KIB = 1024;
/** Another program's work, a collection of garbage: what is slow each time is slow by itself. */
const TRIES = 3;

const limitMs = ({ maxMs = MAX_MS }: Target, bytes: number): number => maxMs + (MAX_MS_PER_KIB * bytes) / KIB;

const placeOf = ({ stack = "" }: Error): string =>
  stack
    .split("\n")
    .find((line) => /\/(?:src|test\/fuzz\/targets)\//.test(line))
    ?.trim() ?? "";

const crash = (thrown: unknown): Finding => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const place = `${error.name} ${placeOf(error)}`;
  return { kind: "crash", what: `${place}: ${error.message.slice(0, 300)}`, place };
};

const MS_IN_US = 1000;

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MS_IN_US;
};

export const attempt = async (target: Target, input: Buffer): Promise<Finding | undefined> => {
  const limit = limitMs(target, input.length);
  let fastest = Infinity;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const began = performance.now();
    // To look at it takes longer than most inputs do: only what was slow once is timed by it.
    const before = tries > 0 ? cpuMs() : undefined;
    try {
      const running = target.run(input);
      if (running !== undefined) await running;
    } catch (error) {
      return crash(error);
    }
    fastest = Math.min(fastest, before === undefined ? performance.now() - began : cpuMs() - before);
    if (fastest <= limit) return undefined;
  }
  return { kind: "hang", what: `${Math.round(fastest)} ms for ${input.length} bytes`, place: "" };
};
