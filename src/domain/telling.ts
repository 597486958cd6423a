/** How an agent's output tells of single events, for `tare coverage`: what happened, and which process did it. */
import type { Deed } from "./technique.ts";

export interface Telling {
  /** Takes what it wrote, a character a byte, apart into a text an event. Absent: each line is one. */
  readonly eventsIn?: (output: string) => readonly string[];
  /** What its events of a deed hold, and no others. A deed that is not here it never tells of. */
  readonly deeds: Readonly<Partial<Record<Deed, RegExp>>>;
  /** Where an event has the number of its process, in the first group. Absent: its events name no process. */
  readonly pid?: RegExp;
}
