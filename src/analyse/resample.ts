/**
 * The blocks of every bootstrap resample, drawn once for the whole analysis.
 *
 * All contrasts are computed on the same resampled blocks, which keeps the dependence between agents that share a block's baselines:
 * the family-wise bounds of `bootstrap.ts` need it.
 */
import { createRng, toUnit } from "../domain/random.ts";

/** At least 10,000, so that the quantiles that bounds rest on are known to about 0.2 % of probability. */
const RESAMPLES = 10_000;

export interface Resampler {
  readonly resamples: number;
  /**
   * For a contrast that exists in `blocks`: `resamples` rows of `blocks.length` positions into it, row after row. A draw of a block that the
   * contrast lacks is replaced by one of its own, chosen uniformly, so that each row is a plain resample of the contrast's own blocks.
   */
  positionsFor(blocks: readonly number[]): Uint32Array;
}

export const createResampler = (
  seed: number,
  blocks: readonly number[],
  resamples: number = RESAMPLES,
): Resampler => {
  const width = blocks.length;
  const next = createRng(seed);
  const draws = new Uint32Array(resamples * width);
  const spares = new Uint32Array(resamples * width);
  for (let cell = 0; cell < draws.length; cell++) {
    draws[cell] = Math.floor(toUnit(next()) * width);
    spares[cell] = next();
  }
  const cache = new Map<string, Uint32Array>();

  const build = (own: readonly number[]): Uint32Array => {
    const placeOf = new Map(own.map((block, place) => [block, place]));
    const places = blocks.map((block) => placeOf.get(block));
    const positions = new Uint32Array(resamples * own.length);
    for (let row = 0; row < resamples; row++) {
      for (let column = 0; column < own.length; column++) {
        const cell = row * width + column;
        const place = places[draws[cell] ?? 0];
        positions[row * own.length + column] = place ?? Math.floor(toUnit(spares[cell] ?? 0) * own.length);
      }
    }
    return positions;
  };

  return {
    resamples,
    positionsFor: (own) => {
      const name = own.join();
      const positions = cache.get(name) ?? build(own);
      cache.set(name, positions);
      return positions;
    },
  };
};
