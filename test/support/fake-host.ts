/**
 * A node made of data: files are a map, commands are answered by a function, time passes only when somebody sleeps, and
 * whatever is done is written down in order. No root, no process, no waiting.
 */
import type {
  Completed,
  EffectScope,
  Exit,
  Host,
  HostProcess,
  RunOptions,
  Signal,
  StartSpec,
} from "../../src/domain/host.ts";
import { type Effect, titleOf } from "../../src/domain/effect.ts";
import { messageOf } from "../../src/domain/errors.ts";
import { missing, value } from "../../src/domain/units.ts";
import { createClock } from "../../src/host/clock.ts";

export interface FakeHostOptions {
  readonly uid?: number;
  readonly arch?: string;
  /** How many, numbered from 0, or their numbers. */
  readonly cpus?: number | readonly number[];
  readonly root?: string;
  /** Executables by name, with their absolute paths. None by default. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Contents by absolute path; also readable and writable later through `files`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Counters of the kernel that can be set back, with what they are then. */
  readonly setBack?: Readonly<Record<string, string>>;
  /** Kept files cannot be opened to write to them: their file system is mounted so. */
  readonly isReadOnly?: true;
  /** What servers of the node answer, by URL; anything else refuses the connection. */
  readonly pages?: Readonly<Record<string, string>>;
  /** What a command answers; undefined: there is no such command. */
  answer?(command: string, args: readonly string[], host: FakeHost): Partial<Completed> | undefined;
  /** Called with each process that is started, before `start` resolves: to write its output, or to end it. */
  onStart?(process: FakeProcess, host: FakeHost): void;
  /** Called before an effect counts as performed; throwing makes it fail. */
  onEffect?(effect: Effect, host: FakeHost): void;
  /**
   * Called with each command of an effect when it is done and when it is undone, and written down as `acted ...`; throwing makes
   * that command fail.
   */
  acts?(command: readonly string[], host: FakeHost): void;
  /** Called with a process that is to be stopped; one that does not end by itself is ended by its first signal. */
  onStop?(process: FakeProcess): void;
  onSignal?(pid: number, signal: Signal, host: FakeHost): void;
  /** Called with each line that is written to a process. */
  onInput?(process: FakeProcess, line: string, host: FakeHost): void;
  /** Undefined: more than enough. */
  freeBytes?(path: string, host: FakeHost): number | undefined;
  onSleep?(ms: number, host: FakeHost): void;
  /** Sleeps of at least this long are deadlines that nothing of the test reaches: they end by being aborted only. */
  readonly deadlineMs?: number;
}

export class FakeProcess implements HostProcess {
  readonly pid: number;
  readonly spec: StartSpec;
  readonly exited: Promise<Exit>;
  /** What was written to its standard input. */
  readonly input: string[] = [];
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  #settle: (exit: Exit) => void = () => undefined;
  readonly #onInput: (process: FakeProcess, line: string) => void;
  #exit: Exit | undefined;

  constructor(pid: number, spec: StartSpec, onInput: (process: FakeProcess, line: string) => void) {
    this.pid = pid;
    this.spec = spec;
    this.#onInput = onInput;
    this.exited = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Makes it print a line; only seen with stdout "pipe". */
  print(line: string): void {
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#lines.push(line);
    else taker(line);
  }

  end(exit: Exit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    for (const taker of this.#waiting.splice(0)) taker(undefined);
    this.#settle(exit);
  }

  exit(): Exit | undefined {
    return this.#exit;
  }
  async readLine(): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined || this.#exit !== undefined) return line;
    return await new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
  writeLine(line: string): void {
    this.input.push(line);
    this.#onInput(this, line);
  }
  closeInput(): void {
    this.input.push("(closed)");
  }
}

const FIRST_PID = 100;
const EPOCH = Date.parse("2026-01-01T00:00:00.000Z");

export class FakeHost implements Host {
  readonly arch: string;
  readonly uid: number;
  readonly cpus: readonly number[];
  readonly root: string;
  readonly files: Map<string, string>;
  /** Everything that was done, in order: `run ...`, `start ...`, `do ...`, `signal ...`, `undo ...`, `stop ...`. */
  readonly done: string[] = [];
  readonly processes: FakeProcess[] = [];
  readonly #options: FakeHostOptions;
  readonly #folders = new Set<string>();
  readonly #waiting = createClock({
    now: () => this.now(),
    sleep: (ms, signal) => this.sleep(ms, signal),
    scale: 1,
  });
  readonly until = this.#waiting.until;
  readonly within = this.#waiting.within;
  readonly #timers = new Set<{ readonly ms: number; readonly work: () => Promise<void>; waitedMs: number }>();
  #clock = 0;
  #nextPid = FIRST_PID;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
    this.arch = options.arch ?? "x86_64";
    this.uid = options.uid ?? 0;
    const { cpus = 2 } = options;
    this.cpus = typeof cpus === "number" ? Array.from({ length: cpus }, (_, cpu) => cpu) : cpus;
    this.root = options.root ?? "/tare";
    this.files = new Map(Object.entries(options.files ?? {}));
  }

  run(command: string, args: readonly string[], _options?: RunOptions): Promise<Completed> {
    this.done.push(["run", command, ...args].join(" "));
    const answer = this.#options.answer?.(command, args, this);
    return Promise.resolve(
      answer === undefined
        ? { exitCode: undefined, stdout: "", stderr: `${command}: no such command` }
        : { exitCode: 0, stdout: "", stderr: "", ...answer },
    );
  }

  which(name: string): Promise<string | undefined> {
    return Promise.resolve(
      name.includes("/") && this.files.has(name) ? name : this.#options.programs?.[name],
    );
  }

  start(spec: StartSpec): Promise<HostProcess> {
    this.done.push(["start", spec.command, ...spec.args].join(" "));
    const process = new FakeProcess(this.#nextPid++, spec, (one, line) => {
      this.#options.onInput?.(one, line, this);
    });
    this.processes.push(process);
    this.#options.onStart?.(process, this);
    return Promise.resolve(process);
  }

  signal(pid: number, signal: Signal): boolean {
    this.done.push(`signal ${signal} ${pid}`);
    if (!this.alive(pid)) return false;
    this.#options.onSignal?.(pid, signal, this);
    return true;
  }

  alive(pid: number): boolean {
    return this.processes.some((process) => process.pid === pid && process.exit() === undefined);
  }

  readText(path: string): ReturnType<Host["readText"]> {
    const text = this.files.get(path);
    return Promise.resolve(text === undefined ? missing(`${path}: no such file`) : value(text));
  }

  openReader(path: string): ReturnType<Host["openReader"]> {
    const bytes = (): Uint8Array => new TextEncoder().encode(this.files.get(path) ?? "");
    if (!this.files.has(path)) return Promise.resolve(undefined);
    return Promise.resolve({
      size: () => Promise.resolve(bytes().length),
      async *chunks(from: number, to: number) {
        const part = bytes().subarray(from, to);
        if (part.length > 0) yield await Promise.resolve(part);
      },
      close: () => Promise.resolve(),
    });
  }

  openLog(path: string): ReturnType<Host["openLog"]> {
    const bytes = (): Uint8Array => new TextEncoder().encode(this.files.get(path) ?? "");
    const start = bytes().length;
    let read = start;
    return Promise.resolve({
      read: (take) => {
        const part = bytes().subarray(read);
        read += part.length;
        if (part.length > 0) take(part);
        return Promise.resolve();
      },
      written: () => Promise.resolve(value(bytes().length - start)),
      close: () => Promise.resolve(),
    });
  }

  openKept(path: string, access: "read" | "write"): ReturnType<Host["openKept"]> {
    const then = this.#options.setBack?.[path];
    if (access === "write" && this.#options.isReadOnly === true)
      return Promise.resolve(missing(`EROFS: read-only file system, open '${path}'`));
    if (!this.files.has(path) || (access === "write" && then === undefined))
      return Promise.resolve(missing(`${path}: cannot be opened`));
    return Promise.resolve(
      value({
        text: () => this.readText(path),
        write: () => {
          this.files.set(path, then ?? "");
          return Promise.resolve(then !== undefined);
        },
        close: () => Promise.resolve(),
      }),
    );
  }

  fileSize(path: string): ReturnType<Host["fileSize"]> {
    const text = this.files.get(path);
    return Promise.resolve(
      text === undefined ? missing(`${path}: no such file`) : value(new TextEncoder().encode(text).length),
    );
  }

  fileKind(path: string): ReturnType<Host["fileKind"]> {
    if (this.files.has(path)) return Promise.resolve(value("file"));
    return Promise.resolve(this.#folders.has(path) ? value("folder") : missing(`${path}: no such file`));
  }

  writeText(path: string, text: string): Promise<void> {
    this.files.set(path, text);
    return Promise.resolve();
  }

  makeDirectory(path: string): Promise<void> {
    this.#folders.add(path);
    return Promise.resolve();
  }

  list(path: string): Promise<readonly string[]> {
    const below = [...this.files.keys(), ...this.#folders]
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1).split("/")[0] ?? "");
    return Promise.resolve([...new Set(below)].sort());
  }

  httpGet(url: string): ReturnType<Host["httpGet"]> {
    const page = this.#options.pages?.[url];
    return Promise.resolve(page === undefined ? missing(`${url}: connect ECONNREFUSED`) : value(page));
  }

  freeBytes(path: string): ReturnType<Host["freeBytes"]> {
    return Promise.resolve(value(this.#options.freeBytes?.(path, this) ?? 2 ** 40));
  }

  cutFile(path: string): Promise<boolean> {
    this.done.push(`cut ${path}`);
    if (!this.files.has(path)) return Promise.resolve(false);
    this.files.set(path, "");
    return Promise.resolve(true);
  }

  /** Its clock does not turn by itself: `tick` does what is due. */
  every(ms: number, work: () => Promise<void>): () => Promise<void> {
    const timer = { ms, work, waitedMs: 0 };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      return Promise.resolve();
    };
  }

  /** Time that passes beside the run, for timers: limits of waits take none of it, although they pass in `sleep`. */
  async pass(ms: number): Promise<void> {
    this.#clock += ms;
    for (const timer of this.#timers) {
      timer.waitedMs += ms;
      if (timer.waitedMs < timer.ms) continue;
      timer.waitedMs = 0;
      await timer.work();
    }
  }

  collectGarbage(): void {
    this.done.push("collect garbage");
  }

  now(): number {
    return this.#clock;
  }

  date(): string {
    return new Date(EPOCH + this.#clock).toISOString();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (ms >= (this.#options.deadlineMs ?? Infinity)) {
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    }
    this.#clock += ms;
    this.#options.onSleep?.(ms, this);
    return Promise.resolve();
  }

  /** Drops what was written down, the processes that have ended and the files below a folder, of which a long run makes many. */
  forget(folder: string): void {
    this.done.length = 0;
    this.processes.splice(0, Infinity, ...this.processes.filter((process) => process.exit() === undefined));
    for (const path of this.files.keys()) if (path.startsWith(`${folder}/`)) this.files.delete(path);
    for (const path of this.#folders) if (path.startsWith(`${folder}/`)) this.#folders.delete(path);
  }

  readonly effects = {
    scope: (name: string): EffectScope => this.#scope(name),
    recordIn: (): Promise<void> => Promise.resolve(),
    hurry: (): void => undefined,
  };

  #scope(_name: string): EffectScope {
    const undo: (() => readonly string[])[] = [];
    return {
      perform: (effect) => {
        const title = titleOf(effect);
        undo.push(() => {
          this.done.push(`undo ${title}`);
          return effect.kind === "command" ? effect.undo.flatMap((command) => this.#failureOf(command)) : [];
        });
        this.done.push(`do ${title}`);
        try {
          this.#options.onEffect?.(effect, this);
          if (effect.kind === "command") this.#act(effect.do);
        } catch (error) {
          return Promise.reject(error);
        }
        return Promise.resolve();
      },
      start: async (spec, stop) => {
        const process = await this.start(spec);
        undo.push(() => {
          this.done.push(`stop ${spec.command}`);
          const signal = stop.signals[0] ?? "SIGKILL";
          const found = this.processes.find((one) => one.pid === process.pid);
          if (found !== undefined) this.#options.onStop?.(found);
          found?.end({ code: null, signal });
          return [];
        });
        return process;
      },
      undo: () => {
        const problems = undo
          .splice(0)
          .toReversed()
          .flatMap((step) => step());
        return Promise.resolve(problems);
      },
    };
  }

  #act(command: readonly string[]): void {
    if (this.#options.acts === undefined) return;
    this.done.push(["acted", ...command].join(" "));
    this.#options.acts(command, this);
  }

  #failureOf(command: readonly string[]): readonly string[] {
    try {
      this.#act(command);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  }
}
