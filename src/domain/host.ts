/**
 * The port through which agents, scenarios, run and observe touch the machine.
 * `src/host` implements it for a real Linux node; tests implement it as a FakeHost.
 */
import type { Effect } from "./effect.ts";
import type { Reading } from "./units.ts";

export type Signal = "SIGTERM" | "SIGINT" | "SIGKILL" | "SIGUSR1" | "SIGHUP" | "SIGCONT" | "SIGSTOP";

/** How a short command ended. A non-zero exit is data; the caller decides what it means. */
export interface Completed {
  /** undefined when the command could not be started or was killed by a signal. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Ends the command, which then has no exit code. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A long-lived process to start. Standard output and error go to files, so that nothing has to read them in the window. */
export interface StartSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file path, or "pipe" to read lines and write to its standard input. */
  readonly stdout: string;
  readonly stderr: string;
  /** The process is moved into this cgroup before its first instruction. */
  readonly cgroup?: readonly string[];
  readonly cpus?: readonly number[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `exit status ${code ?? "unknown"}` : `killed by ${signal}`;

export interface HostProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** undefined while the process runs. */
  exit(): Exit | undefined;
  /** The next line of standard output; undefined at its end. Only with stdout "pipe". */
  readLine(): Promise<string | undefined>;
  writeLine(line: string): void;
  closeInput(): void;
  /** Itself and all that it started and that still runs, wherever it has gone, by the mark that they hand on; absent: it bears none. */
  readonly marked?: () => Promise<readonly number[]>;
}

export interface FileReader {
  size(): Promise<number>;
  /** Bytes [from, to) in chunks, less if the file is shorter. A chunk is only valid until the next one is asked for. */
  chunks(from: number, to: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A small file of the kernel's that is opened once and read whole again and again. */
export interface KeptFile {
  text(): Promise<Reading<string>>;
  /** False when the kernel refuses it. */
  write(text: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A log that a program writes, followed over its rotations. Everything counts from where it ended when it was opened. */
export interface LogReader {
  /** Hands over what has been written since the last call. A chunk is only valid while it is taken. */
  read(take: (chunk: Uint8Array) => void): Promise<void>;
  /** Bytes written so far, read or not; `missing` once a rotation has put some of them out of reach. */
  written(): Promise<Reading<number>>;
  close(): Promise<void>;
}

type Awaitable<T> = T | Promise<T>;

/** Limits are written for a normal machine, in milliseconds; the host stretches them on a slow one (TARE_TIMEOUT_SCALE). */
export interface Wait {
  readonly every: number;
  readonly atMost: number;
  readonly signal?: AbortSignal;
}

/** Whether so many milliseconds have passed since `now()` said `since`. */
export type Past = (since: number, ms: number) => boolean;

export type Waited<T> =
  { readonly kind: "met"; readonly value: T } | { readonly kind: "late"; readonly seconds: number };

/** To open a pipe waits for its other end, and of all but the first no end is ever read. */
export type FileKind = "file" | "folder" | "named pipe" | "socket" | "device";

export interface Host {
  readonly arch: string;
  readonly uid: number;
  /**
   * Those that tare may run on, by number, in ascending order. A container has CPUs 4 to 7, offline siblings leave gaps, and the scheduler's
   * isolated ones are nobody's unless asked for.
   */
  readonly cpus: readonly number[];
  /** The checkout that tare runs from: `build/`, `bpf/`, `scenarios/` lie below it. */
  readonly root: string;

  /** Runs a short command to its end. Never throws for a non-zero exit or a missing command. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Completed>;
  which(name: string): Promise<string | undefined>;
  /** Starts a long-lived process. Throws when the command cannot be executed. */
  start(spec: StartSpec): Promise<HostProcess>;
  /** Sends a signal; false when there is no such process. */
  signal(pid: number, signal: Signal): boolean;
  alive(pid: number): boolean;

  readText(path: string): Promise<Reading<string>>;
  /**
   * Opens a file for reading as it grows; undefined while it does not exist, or where something else lies there. Kept open: opening it at every look would
   * itself be an event for agents that trace opens, whose output would then never end.
   */
  openReader(path: string): Promise<FileReader | undefined>;
  /** The log there, to be followed from its present end; one that does not exist yet, from its beginning. */
  openLog(path: string): Promise<LogReader>;
  openKept(path: string, access: "read" | "write"): Promise<Reading<KeptFile>>;
  fileSize(path: string): Promise<Reading<number>>;
  /** What lies there, through links. */
  fileKind(path: string): Promise<Reading<FileKind>>;
  writeText(path: string, text: string, mode?: number): Promise<void>;
  makeDirectory(path: string, mode?: number): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** What a server on this machine answers to GET; `missing` when it does not answer within seconds, or not with success. */
  httpGet(url: string): Promise<Reading<string>>;
  freeBytes(path: string): Promise<Reading<number>>;
  /** Frees what a file takes while its writer goes on with it. False where it is none, or is not there. */
  cutFile(path: string): Promise<boolean>;

  /** Does now what the harness' own run time would otherwise do when it finds time, which is when nothing may disturb. */
  collectGarbage(): void;

  /** Monotonic milliseconds. */
  now(): number;
  /** Wall clock, ISO 8601. */
  date(): string;
  /** A pause, longer on a slow machine. Rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Asks until there is an answer, that is, anything but undefined. */
  until<T>(check: (past: Past) => Awaitable<T | undefined>, wait: Wait): Promise<Waited<T>>;
  /** Does the work again and again, never twice at once, until the returned function is called, which waits for its end. */
  every(ms: number, work: () => Promise<void>): () => Promise<void>;
  /** Waits for work that goes on by itself, and that a late answer does not end. */
  within<T>(work: Promise<T>, wait: Omit<Wait, "every">): Promise<Waited<T>>;

  /** Writes the effect with its undo durably to the journal, then does it. */
  readonly effects: Effects;
}

/** Whatever changes the node goes through here, so that it can be undone on every path, even after a kill -9. */
export interface Effects {
  /** Opens a scope; undoing it undoes its effects last in, first out. Scopes nest (run > turn). */
  scope(name: string): EffectScope;
  /** Writes down where the record lies, for whoever undoes what is done here should this process be killed. */
  recordIn(folder: string): Promise<void>;
  /** From now on, what is stopped is killed at once. */
  hurry(): void;
}

export interface EffectScope {
  /**
   * Journals the undo, then does the effect. Throws when the effect fails (its undo is still run at the end). `signal`: of a wish alone, which
   * others take their time to fulfil.
   */
  perform(effect: Effect, signal?: AbortSignal): Promise<void>;
  /** Journals, then starts a process that is stopped when the scope is undone. */
  start(spec: StartSpec, stop: StopProcedure): Promise<HostProcess>;
  /** Undoes what the scope did, last in, first out. Returns what could not be undone, in words; never throws. */
  undo(): Promise<readonly string[]>;
}

/** Signals in order, each given `graceMs` to work before the next. SIGKILL always ends the list. */
export interface StopProcedure {
  readonly signals: readonly Signal[];
  readonly graceMs: number;
}
