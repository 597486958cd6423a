/** The end of a log, so that a failure can be understood from the record alone. */
import { Buffer } from "node:buffer";
import type { RunningAgent } from "../domain/agent.ts";
import type { Host } from "../domain/host.ts";

const LINES = 8;
const BYTES = 4096;

/** Of the agent's files, and of what its manager keeps. */
export const lastWords = async (
  host: Host,
  running: Pick<RunningAgent, "logs" | "said">,
): Promise<readonly string[]> => [
  ...(await lastLines(host, running.logs)),
  ...((await running.said?.()) ?? []).filter((line) => line.trim() !== "").slice(-LINES),
];

export const lastLines = async (host: Host, paths: readonly string[]): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (const path of new Set(paths)) {
    const text = await endOf(host, path);
    lines.push(
      ...text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(-LINES),
    );
  }
  return lines;
};

const endOf = async (host: Host, path: string): Promise<string> => {
  const reader = await host.openReader(path);
  if (reader === undefined) return "";
  try {
    const size = await reader.size();
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.chunks(Math.max(0, size - BYTES), size)) chunks.push(chunk.slice());
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    await reader.close();
  }
};
