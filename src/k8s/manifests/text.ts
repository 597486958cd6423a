/** Objects as YAML documents. */
import { stringify } from "yaml";
import type { Objects } from "./part.ts";

/** Unfolded, so that an expression stands in one line, and without anchors, which not every reader of YAML takes. */
const STYLE = { lineWidth: 0, aliasDuplicateObjects: false } as const;

export const yamlOf = (value: unknown): string => stringify(value, STYLE);

export const documentsOf = (objects: Objects): string => objects.map(yamlOf).join("---\n");
