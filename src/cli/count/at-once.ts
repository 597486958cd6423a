/** Work side by side, so many at once. The first that fails ends it: nothing more is begun. */
export const atOnce = async <T, R>(
  most: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length && !failed; at = next++) {
      try {
        results[at] = await work(items[at] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(most, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
};
