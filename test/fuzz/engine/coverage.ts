/** Which code ran, as V8 counts it by block: what makes an input worth keeping. */
import { type Profiler, Session } from "node:inspector";

/** Places of a source file, as offsets. */
type Places = Map<string, Uint8Array>;

/** Those whose branches the inputs decide. */
const isWatched = (url: string): boolean => /\/(?:src|node_modules\/yaml)\//.test(url);

const reached = (scripts: readonly Profiler.ScriptCoverage[]): Places => {
  const places: Places = new Map();
  for (const { url, functions } of scripts) {
    if (!isWatched(url)) continue;
    const ends = functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset));
    const ran = new Uint8Array(Math.max(0, ...ends));
    // A block stands behind what is around it.
    for (const { ranges } of functions)
      for (const { startOffset, endOffset, count } of ranges)
        ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    places.set(url, ran);
  }
  return places;
};

export class Coverage {
  readonly #session = new Session();
  readonly #known: Places = new Map();
  /** Stretches of code that were found so far, one after the other. */
  blocks = 0;

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What ran since the last call. */
  #take(): Places {
    let places: Places = new Map();
    this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
      if (error !== null) throw new Error(`no coverage: ${error.message}`);
      places = reached(taken.result);
    });
    return places;
  }

  /** What ran since the last call for the first time. Counts as known from now on. */
  news(): Places {
    const news: Places = new Map();
    for (const [url, ran] of this.#take()) {
      const known = this.#known.get(url) ?? new Uint8Array(ran.length);
      this.#known.set(url, known);
      const fresh = new Uint8Array(ran.length);
      let isAny = false;
      for (let at = 0; at < ran.length; at += 1) {
        if (ran[at] === 0 || known[at] !== 0) continue;
        fresh[at] = 1;
        known[at] = 1;
        isAny = true;
        if (at === 0 || fresh[at - 1] === 0) this.blocks += 1;
      }
      if (isAny) news.set(url, fresh);
    }
    return news;
  }

  /** What of `wanted` ran since the last call; it is wanted no more. */
  struck(wanted: Places): boolean {
    let isAny = false;
    for (const [url, ran] of this.#take()) {
      const places = wanted.get(url);
      if (places === undefined) continue;
      for (let at = 0; at < ran.length; at += 1) {
        if (ran[at] === 0 || places[at] !== 1) continue;
        places[at] = 0;
        isAny = true;
      }
    }
    return isAny;
  }

  forget(): void {
    this.#known.clear();
    this.blocks = 0;
    this.#take();
  }
}
