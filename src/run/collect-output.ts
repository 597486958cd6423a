/** Keeps all that an agent writes from now on, to be searched when nothing more comes. */
import { Buffer } from "node:buffer";
import type { AgentOutput } from "../domain/agent.ts";
import type { Host, LogReader } from "../domain/host.ts";

/** Some hundreds of operations raise some megabytes at most; a node as busy as this is none to try techniques on. */
const MAX_BYTES = 2 ** 28;

export interface OutputCollector {
  /** Takes what has come, and says how often one of these texts was in it so far. */
  advance(texts: readonly string[]): Promise<number>;
  /** All of it, a character a byte, one output behind the other. */
  text(): string;
  /** Why not all of it is here; undefined: it is. */
  cut(): string | undefined;
  close(): Promise<void>;
}

interface Kept {
  readonly log: LogReader;
  readonly chunks: Buffer[];
}

export const collectOutput = async (
  host: Pick<Host, "openLog">,
  outputs: readonly AgentOutput[],
): Promise<OutputCollector> => {
  const kept: Kept[] = [];
  for (const { path } of outputs) kept.push({ log: await host.openLog(path), chunks: [] });
  let bytes = 0;
  let signs = 0;
  let reason: string | undefined;
  const take = ({ chunks }: Kept, chunk: Uint8Array, needles: readonly Buffer[]): void => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      reason ??= `it wrote more than ${MAX_BYTES / 2 ** 20} MiB meanwhile`;
      return;
    }
    // The memory is its owner's.
    const own = Buffer.from(chunk);
    chunks.push(own);
    if (needles.some((needle) => own.includes(needle))) signs += 1;
  };
  return {
    advance: async (texts) => {
      const needles = texts.map((text) => Buffer.from(text));
      for (const one of kept)
        await one.log.read((chunk) => {
          take(one, chunk, needles);
        });
      return signs;
    },
    text: () => kept.map(({ chunks }) => Buffer.concat(chunks).toString("latin1")).join("\n"),
    cut: () => reason,
    close: async () => {
      for (const { log } of kept) await log.close();
    },
  };
};
