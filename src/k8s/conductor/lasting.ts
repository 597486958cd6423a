/** For how long things have been so, as far as the cluster could be asked. */
export interface Lasting {
  /** Seconds for which `isSo` has been true whenever it was asked for; 0 while it is not. */
  seconds(what: string, isSo: boolean): number;
  /** The cluster did not answer: what was so before says nothing. */
  forget(): void;
}

export const lasting = (elapsedMs: () => number): Lasting => {
  const since = new Map<string, number>();
  return {
    seconds: (what, isSo) => {
      if (!isSo) {
        since.delete(what);
        return 0;
      }
      const now = elapsedMs();
      const start = since.get(what) ?? now;
      since.set(what, start);
      return (now - start) / 1000;
    },
    forget: () => {
      since.clear();
    },
  };
};
