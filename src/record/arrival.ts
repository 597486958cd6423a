/**
 * A record that arrives line by line from another machine, in whatever pieces and however often. A line is taken once it is proved to follow
 * those before it; what comes too early waits.
 */
import { CHAIN_START, digestOf, sealOf, unseal } from "./chain.ts";

export type Arrived =
  /** To be written now: itself, and what waited for it. */
  | { readonly kind: "taken"; readonly texts: readonly string[] }
  | { readonly kind: "known" }
  /** Lines before it have not come. */
  | { readonly kind: "early" }
  /** Cut or changed on the way, or on the node. */
  | { readonly kind: "broken"; readonly why: string }
  /** Another line was here before: this is another record. */
  | { readonly kind: "other" };

export interface Arrival {
  /** `index`: which line of the record, from 0. */
  take(index: number, text: string): Arrived;
  /** Lines that were taken. */
  lines(): number;
  /** Lines that came and wait, in their order: those before them are missing. */
  waiting(): readonly { readonly index: number; readonly text: string }[];
}

export const createArrival = (): Arrival => {
  const digests: string[] = [];
  const waiting = new Map<number, string>();

  const follows = (text: string): string | undefined => {
    const line = unseal(text);
    const seal = sealOf(text);
    return line !== undefined &&
      seal !== undefined &&
      digestOf(digests.at(-1) ?? CHAIN_START, line.json) === seal
      ? seal
      : undefined;
  };

  return {
    lines: () => digests.length,
    waiting: () =>
      [...waiting].map(([index, text]) => ({ index, text })).toSorted((a, b) => a.index - b.index),
    take: (index, text) => {
      const known = digests[index];
      if (known !== undefined) return known === sealOf(text) ? { kind: "known" } : { kind: "other" };
      if (index > digests.length) {
        waiting.set(index, text);
        return { kind: "early" };
      }
      const texts: string[] = [];
      for (let next: string | undefined = text; next !== undefined; next = waiting.get(digests.length)) {
        const digest = follows(next);
        if (digest === undefined) break;
        waiting.delete(digests.length);
        digests.push(digest);
        texts.push(next);
      }
      if (texts.length > 0) return { kind: "taken", texts };
      return {
        kind: "broken",
        why:
          sealOf(text) === undefined
            ? `line ${index + 1} is cut off or changed`
            : `line ${index + 1} does not follow the one before it`,
      };
    },
  };
};
