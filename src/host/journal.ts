/**
 * The journal of effects: JSON Lines on disk, fsynced before each change to the node, so that whatever was done can be undone by
 * this process or, after a kill -9 or a power cut, by the next (`tare clean`, and every start of `tare run`).
 *
 * One file for each process that changes the node, named after it, so a journal whose owner still runs is never taken for a leftover.
 */
import { type FileHandle, lstat, open, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Effect } from "../domain/effect.ts";
import { TareError, codeOf, failedTo } from "../domain/errors.ts";
import type { StopProcedure } from "../domain/host.ts";
import { makeFolder } from "./make-folder.ts";
import { startTimeOf } from "./process-table.ts";

export type JournalEntry =
  | { readonly id: number; readonly kind: "effect"; readonly effect: Effect }
  | { readonly id: number; readonly kind: "process"; readonly command: string; readonly stop: StopProcedure }
  | { readonly id: number; readonly kind: "undone" }
  | { readonly kind: "record"; readonly folder: string };

type Undoable = Extract<JournalEntry, { readonly kind: "effect" | "process" }>;

/** Where journals lie: a fixed place, so that the next start finds them whatever folder it is started from. */
export const defaultJournalDirectory = (): string =>
  process.getuid?.() === 0
    ? "/var/lib/tare/journal"
    : join(
        process.env["XDG_STATE_HOME"] ?? join(process.env["HOME"] ?? "/tmp", ".local/state"),
        "tare/journal",
      );

export class Journal {
  readonly #directory: string;
  #name: string | undefined;
  /** A promise, so that two who begin at once open one file. */
  #handle: Promise<FileHandle> | undefined;
  #nextId = 1;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws TareError `host-unfit` where the journal cannot be written, and then nothing may be done to the node */
  async append(entry: JournalEntry): Promise<void> {
    const handle = await this.#opened();
    try {
      await handle.appendFile(`${JSON.stringify(entry)}\n`);
      // To undo twice does no harm, so that something was undone need not be on disk.
      if (entry.kind !== "undone") await handle.datasync();
    } catch (error) {
      throw this.#unwritable(error);
    }
  }

  async reserve(): Promise<{ readonly id: number; readonly mark: string }> {
    await this.#opened();
    const id = this.#nextId++;
    return { id, mark: `${this.#name ?? ""}:${id}` };
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await (await handle)?.close();
  }

  /** Removes the file once nothing is left to undo, and the folders that tare made for it when they are empty. */
  async remove(): Promise<void> {
    await this.close();
    if (this.#name !== undefined) await removeJournal(this.#directory, this.#name);
  }

  async #opened(): Promise<FileHandle> {
    const opening = (this.#handle ??= this.#create());
    try {
      return await opening;
    } catch (error) {
      if (this.#handle === opening) this.#handle = undefined;
      throw error;
    }
  }

  async #create(): Promise<FileHandle> {
    this.#name = `${process.pid}-${startTimeOf(process.pid) ?? "0"}`;
    try {
      await makeFolder(this.#directory, 0o700);
      await refuseOthers(this.#directory);
      const handle = await open(join(this.#directory, `${this.#name}.jsonl`), "a", 0o600);
      await syncFolder(this.#directory);
      // These were perhaps made just now, and may be ones that only others can read.
      for (const above of [dirname(this.#directory), dirname(dirname(this.#directory))])
        await syncFolder(above).catch(() => undefined);
      return handle;
    } catch (error) {
      throw error instanceof TareError ? error : this.#unwritable(error);
    }
  }

  #unwritable(error: unknown): Error {
    return failedTo(
      "host-unfit",
      `write the journal in ${this.#directory}, without which nothing may be changed on this node`,
      error,
      "TARE_JOURNAL=FOLDER names another folder for it, on a disk that outlives a reboot",
    );
  }
}

/** What was made in a folder is still there after a power cut once the folder has been written. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

export const removeJournal = async (directory: string, name: string): Promise<void> => {
  await rm(join(directory, `${name}.jsonl`), { force: true });
  for (const folder of [directory, dirname(directory)]) {
    try {
      await rmdir(folder);
    } catch {
      return; // Not empty: another journal or other files are in there.
    }
  }
};

export interface FoundJournal {
  readonly name: string;
  /** Pid of its owner, when that very process still runs. */
  readonly owner: number | undefined;
  readonly open: readonly Undoable[];
  /** Of the run's record, where it had begun one. */
  readonly folder: string | undefined;
}

/** Where the folder cannot be looked into, there may be journals in it. */
const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw failedTo(
      "host-unfit",
      `look for journals in ${directory}`,
      error,
      "TARE_JOURNAL=FOLDER names another folder for them",
    );
  }
};

export const findJournals = async (directory: string): Promise<readonly FoundJournal[]> => {
  await refuseOthers(directory);
  const names = await namesIn(directory);
  const found: FoundJournal[] = [];
  for (const file of names.filter((name) => name.endsWith(".jsonl")).sort()) {
    await refuseOthers(join(directory, file));
    const name = file.slice(0, -".jsonl".length);
    const [pid = "", startTime] = name.split("-");
    const owner = startTime !== undefined && startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
    const entries = entriesOf(await readFile(join(directory, file), "utf8"));
    const record = entries.find((entry) => entry.kind === "record");
    found.push({ name, owner, open: stillOpen(entries), folder: record?.folder });
  }
  return found;
};

const WRITABLE_BY_OTHERS = 0o022;

/**
 * A journal holds commands that are run to undo what was done: whoever could write it would have us run theirs.
 *
 * @throws TareError `host-unfit`
 */
const refuseOthers = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  const isOurs = found.uid === process.geteuid?.() && !found.isSymbolicLink();
  if (isOurs && (found.mode & WRITABLE_BY_OTHERS) === 0) return;
  throw new TareError(
    "host-unfit",
    `the journal ${path} is not ours alone (uid ${found.uid}, mode ${(found.mode & 0o7777).toString(8)}): what it says to undo is not done`,
    "look at who made it, then remove it; TARE_JOURNAL=FOLDER names another folder",
  );
};

/** A last line cut off by a crash was never acted on (the entry is synced before the change), so it is left out. */
const entriesOf = (text: string): readonly JournalEntry[] =>
  text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalEntry];
    } catch {
      return [];
    }
  });

const stillOpen = (entries: readonly JournalEntry[]): readonly Undoable[] => {
  const undone = new Set(entries.flatMap((entry) => (entry.kind === "undone" ? [entry.id] : [])));
  return entries.filter(
    (entry): entry is Undoable =>
      (entry.kind === "effect" || entry.kind === "process") && !undone.has(entry.id),
  );
};

export const openEntries = (text: string): readonly Undoable[] => stillOpen(entriesOf(text));
