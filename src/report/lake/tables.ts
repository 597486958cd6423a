/** Every table of the lake, in the order in which their rows are sent: who reads a row finds its run before it. */
import { agents } from "./agents.ts";
import { estimates } from "./estimates.ts";
import { events } from "./events.ts";
import { ledger } from "./ledger.ts";
import { runs } from "./runs.ts";
import type { LakeTable } from "./table.ts";
import { techniques } from "./techniques.ts";
import { verdicts } from "./verdicts.ts";

export const LAKE_TABLES: readonly LakeTable[] = [
  runs,
  agents,
  estimates,
  ledger,
  verdicts,
  techniques,
  events,
];
