/** Where the outcomes of checked guests are kept, one file each, until the tables are made of them. */
import { join } from "node:path";
import { CLONE } from "./payload.ts";

export const OUTCOMES = join(CLONE, "build/vm/outcomes");
export const AGENTS_OUTCOMES = join(CLONE, "build/vm/agents");
