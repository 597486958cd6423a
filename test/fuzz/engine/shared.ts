/** What the thread that fuzzes and the one that looks on tell each other. */
import { MAX_BYTES } from "./target.ts";

export interface Orders {
  readonly target: string;
  readonly corpus: readonly Uint8Array[];
  readonly seed: number;
  readonly minutes: number;
  /** The count of inputs, the length of the present one, and its bytes: what is left of a thread that hangs. */
  readonly shared: SharedArrayBuffer;
}

export type Report =
  | {
      readonly kind: "found";
      readonly what: "crash" | "hang";
      readonly text: string;
      readonly input: Uint8Array;
    }
  | { readonly kind: "kept"; readonly input: Uint8Array; readonly blocks: number }
  | {
      readonly kind: "done";
      readonly blocks: number;
      readonly first: number;
      readonly smallest: readonly Uint8Array[];
    };

export const COUNT = 0;
export const LENGTH = 1;
export const BYTES_FROM = 8;
export const SHARED_BYTES = BYTES_FROM + 4 * MAX_BYTES;

/** What came of a target. */
export interface Outcome {
  readonly inputs: number;
  /** Stretches of code that its inputs reach. */
  readonly blocks: number;
  readonly newBlocks: number;
  readonly crashes: number;
  readonly hangs: number;
}
