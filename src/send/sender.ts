/** What every way to a lake does: it takes rows of one place, and has them, or says why not. */

export interface SentRow {
  /** Of the row, whenever it is sent. */
  readonly id: string;
  readonly table: string;
  /** A line of NDJSON, without its end. */
  readonly text: string;
}

export interface Batch {
  /** A URL, or a topic. */
  readonly place: string;
  readonly rows: readonly SentRow[];
}

export interface Sender {
  /** @throws NotSent */
  send(batch: Batch, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Rows that are not there, or of which that is not known. `hint`: what to do beside sending again. */
export class NotSent extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "NotSent";
    this.hint = hint;
  }
}
