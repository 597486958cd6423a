/** A word of a report or an exit code, in plain words. */
export interface Explanation {
  readonly title: string;
  readonly meaning: string;
  /** What a reader does about it; empty when there is nothing to do. */
  readonly next: string;
}
