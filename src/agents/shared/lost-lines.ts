/** Sums what the lines of a growing file say of losses. */
import type { RunningAgent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { missing, value } from "../../domain/units.ts";

/** Both libbpf-tools and bpftrace word their losses so. */
const LOST_EVENTS = /^Lost (\d+) events.*\n/gm;

/** A longer line is an event, whatever it says; a log that holds no events may have longer ones. */
const MAX_LINE = 80;

/**
 * Each call reads what is new since the last one, in chunks, because a tool that mixes events and losses writes a lot; `missing` while there is
 * no file. `pattern`: global and for whole lines, their end included; its group holds the number lost, without a group it is 1.
 */
export const lostLines = (
  host: Host,
  path: string,
  pattern = LOST_EVENTS,
  maxLine = MAX_LINE,
): RunningAgent["lost"] => {
  const decoder = new TextDecoder("latin1");
  let offset = 0;
  let openLine = "";
  let sum = 0;

  const feed = (text: string): void => {
    for (const [, count = "1"] of text.matchAll(pattern)) sum += Number(count);
    const rest = text.slice(text.lastIndexOf("\n") + 1);
    openLine = rest.length > maxLine ? "(long line)" : rest;
  };

  return async () => {
    const reader = await host.openReader(path);
    if (reader === undefined) return missing(`${path}: no such file`);
    try {
      for await (const chunk of reader.chunks(offset, await reader.size())) {
        offset += chunk.length;
        feed(openLine + decoder.decode(chunk));
      }
    } finally {
      await reader.close();
    }
    return value(sum);
  };
};
