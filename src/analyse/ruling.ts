/** What a rule decides about a budget; the rest of a verdict is its address. */
import type { Verdict } from "../domain/verdict.ts";

export type Ruling = Pick<Verdict, "kind" | "why" | "blocksNeeded">;

export const invalid = (why: string): Ruling => ({ kind: "invalid", why, blocksNeeded: null });
