import type { Header } from "../../domain/record.ts";
import type { RunView } from "../../domain/run-view.ts";

/** A record's header with what was made of the record. */
export interface Loaded {
  readonly header: Header;
  readonly view: RunView;
}
