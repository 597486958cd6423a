/** What a counting guest says on its serial line (scripts/machines/guest/count.sh), read. Lines that are not its own are the kernel's. */
import { Buffer } from "node:buffer";
import { zstdDecompressSync } from "node:zlib";
import type * as z from "zod";
import { DriverDrained, DriverResult } from "../domain/driver.ts";
import { TareError } from "../domain/errors.ts";
import { checkedJson, type From } from "../domain/schema.ts";

export interface SaidTrial {
  readonly id: string;
  readonly scenario: string;
  readonly result: DriverResult;
  readonly drained: DriverDrained;
  /** Names of kernel threads, by the files in which the driver read what they had spent. */
  readonly threadFiles: ReadonlyMap<string, string>;
  /** The same of the agent's threads. */
  readonly ownFiles: readonly string[];
  /** What the agent said that it had lost before and after; undefined where no agent runs. */
  readonly lost: readonly [before: string, after: string] | undefined;
}

/** The same workload in little, for what `phase` tells (turns.ts). */
export interface SaidPhase {
  readonly phase: string;
  readonly scenario: string;
  readonly result: DriverResult;
  /** How many BPF programs the kernel held, and the files in which it keeps account of those that are open in the agent. */
  readonly programs: { readonly loaded: number; readonly files: readonly string[] } | undefined;
}

/** In the guest's milliseconds. */
export interface Started {
  readonly version: string;
  readonly readyMs: number;
  readonly stopMs: number;
}

export interface SaidTurn {
  readonly agent: string;
  /** Undefined for the baseline, which starts nothing. */
  readonly started: Started | undefined;
  /** A window without events. */
  readonly quiet: SaidTrial;
  readonly trials: readonly SaidTrial[];
  readonly phases: readonly SaidPhase[];
  /** By name. */
  readonly outputs: ReadonlyMap<string, Buffer>;
}

export interface SaidBoot {
  readonly kernel: string;
  readonly cpu: string;
  readonly memoryKib: number;
  readonly clock: string;
  readonly loop: { readonly instructions: number; readonly points: readonly (readonly [number, number])[] };
  readonly turns: readonly SaidTurn[];
}

const PREFIX = "tare:";

const fail = (what: string): TareError =>
  new TareError(
    "run-failed",
    `what the guest said cannot be read: ${what}`,
    "is the guest's memory enough? Its serial line may have been cut off or mixed with the kernel's",
  );

/** (kworker/0:1-events) is told by what it is: which of them does the work is chance. */
const threadName = (comm: string): string =>
  comm.replaceAll(/^\(|\)$/g, "").replace(/^(kworker|ksoftirqd|migration)\b.*/, "$1");

const pairsIn = (text: string): readonly (readonly [string, string])[] =>
  text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const at = word.lastIndexOf("=");
      if (at < 0) throw fail(`"${word}" has no "="`);
      return [word.slice(0, at), word.slice(at + 1)];
    });

const schedstatOf = (thread: string): string => `/proc/${thread}/schedstat`;

class Reader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split("\n").map((line) => line.replace(/\r+$/, ""));
  }

  /** The next of the guest's own lines, without the prefix; undefined at the end. */
  next(): string | undefined {
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at] ?? "";
      if (!line.startsWith(PREFIX)) continue;
      this.#at += 1;
      return line.slice(PREFIX.length);
    }
    return undefined;
  }

  peek(): string | undefined {
    const at = this.#at;
    const line = this.next();
    this.#at = at;
    return line;
  }

  /** The lines up to the one that is given, which is taken as well. */
  until(end: string): readonly string[] {
    const to = this.#lines.indexOf(PREFIX + end, this.#at);
    if (to < 0) throw fail(`there is no "${PREFIX}${end}"`);
    const between = this.#lines.slice(this.#at, to);
    this.#at = to + 1;
    return between;
  }

  /** What follows a word at the next line. */
  take(word: string): string {
    const line = this.next();
    if (line === word) return "";
    if (line?.startsWith(`${word} `) === true) return line.slice(word.length + 1);
    throw fail(`"${PREFIX}${word}" should come, not ${line === undefined ? "the end" : `"${line}"`}`);
  }

  isNext(word: string): boolean {
    const line = this.peek();
    return line === word || line?.startsWith(`${word} `) === true;
  }
}

const readJson = <S extends z.ZodType>(schema: S, text: string, scenario: string): From<S> => {
  const read = checkedJson(schema, text, "what the driver said");
  if (read.kind === "fits") return read.content;
  throw fail(`${scenario}: ${read.what}`);
};

const readTrial = (reader: Reader, lostBefore: string | undefined): SaidTrial => {
  const [id = "", scenario = ""] = reader.take("trial").split(" ");
  const threads = pairsIn(reader.take("threads"));
  const own = reader.take("own").split(" ");
  const result = readJson(DriverResult, reader.take("result"), scenario);
  const drained = readJson(DriverDrained, reader.take("drained"), scenario);
  return {
    id,
    scenario,
    result,
    drained,
    threadFiles: new Map(threads.map(([pid, comm]) => [schedstatOf(pid), threadName(comm)])),
    ownFiles: own.filter((one) => one !== "").map(schedstatOf),
    lost: lostBefore === undefined ? undefined : [lostBefore, reader.take("lost")],
  };
};

const readPhases = (reader: Reader): readonly SaidPhase[] => {
  const phases: SaidPhase[] = [];
  while (reader.isNext("phase")) {
    const phase = reader.take("phase");
    const [loaded, ...files] = phase === "programs" ? reader.take("programs").split(" ") : [];
    const { scenario, result } = readTrial(reader, undefined);
    phases.push({
      phase,
      scenario,
      result,
      programs: loaded === undefined ? undefined : { loaded: Number(loaded), files },
    });
  }
  return phases;
};

/** What was told of the agent's second start, in which it has nothing to report. */
const readSilent = (reader: Reader): readonly SaidPhase[] => {
  if (!reader.isNext("silent")) return [];
  for (const word of ["silent", "version", "ready", "lost"]) reader.take(word);
  const phases = readPhases(reader);
  reader.take("stopped");
  return phases;
};

const readOutput = (reader: Reader): readonly [string, Buffer] => {
  const said = reader.take("output");
  const [, name = "", bytes = ""] = said.split(" ");
  const packed = Buffer.from(reader.until("output-end").join(""), "base64");
  try {
    const content = zstdDecompressSync(packed);
    if (content.length === Number(bytes)) return [name, content];
    throw fail(`${name} has ${content.length} bytes of ${bytes}`);
  } catch (error) {
    if (error instanceof TareError) throw error;
    throw fail(`${name} did not come through (${error instanceof Error ? error.message : String(error)})`);
  }
};

const lastNumber = (text: string): number => Number(text.split(" ").at(-1));

const readTurn = (reader: Reader): SaidTurn => {
  const agent = reader.take("turn");
  if (!reader.isNext("version"))
    return { agent, started: undefined, ...readTrials(reader, undefined), phases: [], outputs: new Map() };
  const version = reader.take("version").split(" ").slice(1).join(" ");
  const readyMs = lastNumber(reader.take("ready"));
  const trials = readTrials(reader, reader.take("lost"));
  const phases = readPhases(reader);
  const stopMs = lastNumber(reader.take("stopped"));
  const outputs = new Map<string, Buffer>();
  while (reader.isNext("output")) {
    const [name, content] = readOutput(reader);
    outputs.set(name, content);
  }
  return {
    agent,
    started: { version, readyMs, stopMs },
    ...trials,
    phases: [...phases, ...readSilent(reader)],
    outputs,
  };
};

const readTrials = (reader: Reader, lostBefore: string | undefined): Pick<SaidTurn, "quiet" | "trials"> => {
  const quiet = readTrial(reader, lostBefore);
  const trials: SaidTrial[] = [];
  for (let lost = quiet.lost?.[1]; reader.isNext("trial"); lost = trials.at(-1)?.lost?.[1])
    trials.push(readTrial(reader, lost));
  return { quiet, trials };
};

/** @throws TareError `run-failed` that says what is wrong with it */
export const readSerial = (text: string): SaidBoot => {
  const reader = new Reader(text);
  const kernel = reader.take("kernel");
  const cpu = reader.take("cpu").replace(/^[^:]*:\s*/, "");
  const memoryKib = Number(/(\d+) kB/.exec(reader.take("memory"))?.[1]);
  const clock = reader.take("clock");
  reader.take("known-loop");
  const [head = "", ...points] = reader
    .until("known-loop-end")
    .map((line) => line.split(" "))
    .map(([first = "", second = ""]) =>
      first === "turn" ? second : ([Number(first), Number(second)] as const),
    );
  const turns: SaidTurn[] = [];
  while (reader.isNext("turn")) turns.push(readTurn(reader));
  reader.take("end");
  return {
    kernel,
    cpu,
    memoryKib,
    clock,
    loop: {
      instructions: Number(head),
      points: points.filter((point): point is readonly [number, number] => typeof point !== "string"),
    },
    turns,
  };
};
