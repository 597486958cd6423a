/** Which guests run at the same time. */
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import type { Architecture, Guest } from "../guests.ts";
import type { Accelerator } from "./accelerator.ts";

/** Guests that run `atOnce` at a time. */
export interface Turn {
  readonly guests: readonly Guest[];
  readonly atOnce: number;
}

/**
 * A guest on hardware virtualisation is alone on the host, because what it costs there is judged. An emulated one says what works, which
 * another beside it does not change.
 */
export const turnsOf = (
  guests: readonly Guest[],
  accelerators: Readonly<Record<Architecture, Accelerator>>,
  emulatedAtOnce: number,
): readonly Turn[] => {
  const isEmulated = ({ architecture }: Guest): boolean => accelerators[architecture] === "tcg";
  return [
    { guests: guests.filter((guest) => !isEmulated(guest)), atOnce: 1 },
    { guests: guests.filter(isEmulated), atOnce: emulatedAtOnce },
  ].filter((turn) => turn.guests.length > 0);
};

/** What the Vagrantfile gives a guest where TARE_VM_MEMORY says nothing. */
const GUEST_MEBIBYTES = 2048;
/** QEMU keeps up to 1 GiB of translated code. */
const EMULATOR_MEBIBYTES = 1024;

/** How many emulated guests this host runs at a time: QEMU keeps a CPU busy for each, and none may push another out of memory. */
export const emulatedAtOnce = async (host: Host, memory: string | undefined): Promise<number> => {
  const asked = /^[1-9]\d*$/.test(memory ?? "") ? Number(memory) : GUEST_MEBIBYTES;
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(
    known(await host.readText("/proc/meminfo")) ?? "",
  )?.[1];
  // Where memory cannot be read, nothing is risked.
  const fitting = kibibytes === undefined ? 1 : Number(kibibytes) / 1024 / (asked + EMULATOR_MEBIBYTES);
  return Math.max(1, Math.floor(Math.min(host.cpus.length, fitting)));
};

/** When the last of a turn is done: `running` have so many seconds left, `waiting` take so many once there is room for them. */
export const secondsUntilDone = (
  running: readonly number[],
  waiting: readonly number[],
  atOnce: number,
): number => {
  const free = Array.from({ length: Math.max(0, atOnce - running.length) }, () => 0);
  const ends = [...running, ...free];
  for (const seconds of waiting) {
    const first = ends.indexOf(Math.min(...ends));
    ends[first] = (ends[first] ?? 0) + seconds;
  }
  return Math.max(0, ...ends);
};

const howOf = ({ guests, atOnce }: Turn): string => {
  if (guests.length === 1) return "alone";
  if (atOnce === 1) return "one after the other";
  return atOnce >= guests.length ? "side by side" : `${atOnce} at a time`;
};

/** `side by side`; of guests of both kinds, `amd64 alone, then arm64-6.1, arm64-6.12 side by side`. */
export const turnsText = (turns: readonly Turn[]): string => {
  const [only] = turns;
  if (turns.length === 1 && only !== undefined) return howOf(only);
  return turns.map((turn) => `${turn.guests.map(({ id }) => id).join(", ")} ${howOf(turn)}`).join(", then ");
};
