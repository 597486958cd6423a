/** Scopes of effects over one journal: done in order, undone in reverse, on every path. */
import { type Effect, titleOf } from "../domain/effect.ts";
import { codeOf, messageOf } from "../domain/errors.ts";
import type { EffectScope, Effects, HostProcess, StartSpec, StopProcedure } from "../domain/host.ts";
import type { Wishes } from "../domain/wish.ts";
import { type FoundJournal, Journal, removeJournal } from "./journal.ts";
import { startProcess } from "./process.ts";
import { MARK, markedProcesses, startTimeOf } from "./process-table.ts";
import { perform, refuseImpossible, stopMarked, undo } from "./undo.ts";

interface Done {
  readonly id: number;
  readonly title: string;
  readonly undo: () => Promise<string | undefined>;
}

export class JournaledEffects implements Effects {
  readonly #journal: Journal;
  readonly #hurry = new AbortController();
  readonly #wishes: Wishes | undefined;
  #open = 0;
  #removal: Promise<void> = Promise.resolve();

  constructor(directory: string, wishes?: Wishes) {
    this.#journal = new Journal(directory);
    this.#wishes = wishes;
  }

  async recordIn(folder: string): Promise<void> {
    await this.#journal.append({ kind: "record", folder });
  }

  hurry(): void {
    this.#hurry.abort();
  }

  scope(name: string): EffectScope {
    const done: Done[] = [];
    const note = async <T extends Done>(writeDown: () => Promise<T>): Promise<T> => {
      // Before anything is awaited: a scope that ends meanwhile would remove the journal.
      this.#open++;
      try {
        await this.#removal;
        const entry = await writeDown();
        done.push(entry);
        return entry;
      } catch (error) {
        this.#open--;
        throw error;
      }
    };
    return {
      perform: async (effect: Effect, signal?: AbortSignal) => {
        await refuseImpossible(effect);
        let isOurs = true;
        const { id } = await note(async () => {
          const reserved = await this.#journal.reserve();
          await this.#journal.append({ id: reserved.id, kind: "effect", effect });
          const end = async () => (isOurs ? await undo(effect, this.#wishes) : undefined);
          return { id: reserved.id, title: titleOf(effect), undo: end };
        });
        try {
          await perform(effect, this.#wishes, signal);
        } catch (error) {
          // A folder that could not be made because one is there is not ours to remove.
          isOurs = effect.kind !== "directory" || codeOf(error) !== "EEXIST";
          if (!isOurs) await this.#journal.append({ id, kind: "undone" });
          throw error;
        }
      },
      start: async (spec: StartSpec, stop: StopProcedure): Promise<HostProcess> => {
        let started: HostProcess | undefined;
        const running = (): readonly number[] =>
          started === undefined || started.exit() !== undefined ? [] : [started.pid];
        const { mark } = await note(async () => {
          const reserved = await this.#journal.reserve();
          await this.#journal.append({ id: reserved.id, kind: "process", command: spec.command, stop });
          const end = () =>
            stopMarked(reserved.mark, spec.command, stop, { running, hurry: this.#hurry.signal });
          return { ...reserved, title: spec.command, undo: end };
        });
        started = await startProcess({ ...spec, env: { ...spec.env, [MARK]: mark } });
        const since = startTimeOf(started.pid);
        return { ...started, marked: () => markedProcesses(mark, since) };
      },
      undo: async () => {
        const problems: string[] = [];
        for (const entry of done.splice(0).toReversed()) {
          const problem = await settle(entry.undo, `${name}: ${entry.title}`);
          if (problem === undefined) {
            // On a disk that is full or has gone read-only this is not noted, and to undo it again does no harm.
            await this.#journal.append({ id: entry.id, kind: "undone" }).catch(() => undefined);
            this.#open--;
          } else problems.push(problem);
        }
        if (this.#open > 0) {
          if (problems.length > 0) await this.#journal.close();
          return problems;
        }
        const removing = this.#journal.remove();
        this.#removal = removing.catch(() => undefined);
        const kept = await settle(async () => {
          await removing;
          return undefined;
        }, `${name}: the journal`);
        if (kept !== undefined) problems.push(kept);
        return problems;
      },
    };
  }
}

const settle = async (
  work: () => Promise<string | undefined>,
  title: string,
): Promise<string | undefined> => {
  try {
    return await work();
  } catch (error) {
    return `${title}: ${messageOf(error)}`;
  }
};

/** Undoes what a dead process left, last in, first out. Returns what was undone and what could not be. */
export const cleanUp = async (
  directory: string,
  journal: FoundJournal,
): Promise<{ readonly undone: readonly string[]; readonly problems: readonly string[] }> => {
  const undone: string[] = [];
  const problems: string[] = [];
  for (const entry of journal.open.toReversed()) {
    const title = entry.kind === "effect" ? titleOf(entry.effect) : `process ${entry.command}`;
    const problem = await settle(
      () =>
        entry.kind === "effect"
          ? undo(entry.effect)
          : stopMarked(`${journal.name}:${entry.id}`, entry.command, entry.stop),
      title,
    );
    if (problem === undefined) undone.push(title);
    else problems.push(problem);
  }
  if (problems.length > 0) return { undone, problems };
  const kept = await settle(async () => {
    await removeJournal(directory, journal.name);
    return undefined;
  }, "its journal");
  if (kept !== undefined) problems.push(kept);
  return { undone, problems };
};
