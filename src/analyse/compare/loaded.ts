import type { Header, RecordLine } from "../../domain/record.ts";
import type { Summary } from "../../domain/verdict.ts";

/** A record with what was made of it. */
export interface Loaded {
  readonly header: Header;
  readonly lines: readonly RecordLine[];
  readonly summary: Summary;
}
