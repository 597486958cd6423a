/** Lines of standard input in their order. */
import { createInterface } from "node:readline";

export interface Lines {
  /** The next line; never when the input has ended. */
  next(): Promise<string>;
}

/** `onEnd` is called when the input has ended and all its lines are taken, whatever this process does meanwhile. */
export const readLines = (onEnd: () => void): Lines => {
  const untaken: string[] = [];
  let take: ((line: string) => void) | undefined;
  let ended = false;
  const endIfOver = (): void => {
    if (ended && untaken.length === 0) onEnd();
  };
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      if (take === undefined) untaken.push(line);
      else take(line);
      take = undefined;
    })
    .on("close", () => {
      ended = true;
      endIfOver();
    });
  return {
    next: () =>
      new Promise((resolve) => {
        const line = untaken.shift();
        if (line !== undefined) resolve(line);
        else take = resolve;
        if (line === undefined) endIfOver();
      }),
  };
};
