/**
 * The journal of effects: JSON Lines on disk, fsynced before each change to the node, so that whatever was done can be undone by
 * this process or, after a kill -9 or a power cut, by the next (`tare clean`, and every start of `tare run`).
 *
 * One file for each process that changes the node, named after it, so a journal whose owner still runs is never taken for a leftover.
 */
import { type FileHandle, open, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Effect } from "../domain/effect.ts";
import { failedTo } from "../domain/errors.ts";
import type { StopProcedure } from "../domain/host.ts";
import { makeFolder } from "./make-folder.ts";
import { startTimeOf } from "./process-table.ts";

export type JournalEntry =
  | { readonly id: number; readonly kind: "effect"; readonly effect: Effect }
  | { readonly id: number; readonly kind: "process"; readonly command: string; readonly stop: StopProcedure }
  | { readonly id: number; readonly kind: "undone" };

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
      const handle = await open(join(this.#directory, `${this.#name}.jsonl`), "a", 0o600);
      const folder = await open(this.#directory, "r");
      await folder.sync();
      await folder.close();
      return handle;
    } catch (error) {
      throw this.#unwritable(error);
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
  readonly open: readonly Exclude<JournalEntry, { kind: "undone" }>[];
}

export const findJournals = async (directory: string): Promise<readonly FoundJournal[]> => {
  const names = await readdir(directory).catch(() => []);
  const found: FoundJournal[] = [];
  for (const file of names.filter((name) => name.endsWith(".jsonl")).sort()) {
    const name = file.slice(0, -".jsonl".length);
    const [pid = "", startTime] = name.split("-");
    const owner = startTime !== undefined && startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
    found.push({ name, owner, open: openEntries(await readFile(join(directory, file), "utf8")) });
  }
  return found;
};

/** A last line cut off by a crash was never acted on (the entry is synced before the change), so it is left out. */
export const openEntries = (text: string): FoundJournal["open"] => {
  const entries: Exclude<JournalEntry, { kind: "undone" }>[] = [];
  const undone = new Set<number>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    let entry: JournalEntry;
    try {
      entry = JSON.parse(line) as JournalEntry;
    } catch {
      continue;
    }
    if (entry.kind === "undone") undone.add(entry.id);
    else entries.push(entry);
  }
  return entries.filter((entry) => !undone.has(entry.id));
};
