/** Lines of a counting guest's shell (docs/counting.md) that several agents need. */
import { Buffer } from "node:buffer";
import type { GuestStart } from "../../domain/agent.ts";
import type { Reading } from "../../domain/units.ts";
import { LineCounts } from "./lost-lines.ts";

/** One word, whatever is in it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");

/** What a command says, as one line. */
export const inOneLine = (command: string): string => `{ ${command}; } 2>&1 | base64 | tr -d '\\n'`;

export const fromOneLine = (line: string): string => Buffer.from(line, "base64").toString("utf8");

/** As bcc's tools and bpftrace say it. */
const LOST_EVENTS = /\b[Ll]ost (\d+) events\b/;

/**
 * Of a tool that reads a perf buffer and says what it lost in that file: the kernel hands the count over with the next event, so an exec and an open
 * come first.
 */
export const lostEventsIn = (file: string): NonNullable<GuestStart["lost"]> => ({
  ask: `busybox true </dev/null\nrest 0.2\n${inOneLine(`grep -i 'lost [0-9]* events' ${file}`)}`,
  read: (line): Reading<number> => {
    const counts = new LineCounts(LOST_EVENTS);
    counts.feed(fromOneLine(line));
    counts.end();
    return counts.sum;
  },
});
