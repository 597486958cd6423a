/** Every technique, in the order in which `scenarios/coverage` does them. */
import type { Technique, TechniqueSheet } from "../technique.ts";
import { CHANGE } from "./change.ts";
import { CONNECT } from "./connect.ts";
import { EXEC } from "./exec.ts";
import { KERNEL } from "./kernel.ts";
import { OPEN } from "./open.ts";
import { PRIVILEGE } from "./privilege.ts";
import { SOCKET } from "./socket.ts";

export type TechniqueId = (
  | typeof EXEC
  | typeof OPEN
  | typeof CHANGE
  | typeof CONNECT
  | typeof SOCKET
  | typeof PRIVILEGE
  | typeof KERNEL
)[number]["id"];

type Known = Technique & { readonly id: TechniqueId };

const grouped = (
  sheets: readonly (TechniqueSheet & { readonly id: TechniqueId })[],
  usual: Pick<Technique, "group" | "deed" | "asked" | "tokenIn">,
): readonly Known[] => sheets.map((sheet) => ({ ...usual, ...sheet }));

export const TECHNIQUES: readonly Known[] = [
  ...grouped(EXEC, { group: "exec", deed: "exec", asked: "exec", tokenIn: "path and argument" }),
  ...grouped(OPEN, { group: "open", deed: "open", asked: "file", tokenIn: "path" }),
  ...grouped(CHANGE, { group: "change", deed: "write", tokenIn: "path" }),
  ...grouped(CONNECT, { group: "network", deed: "connect", asked: "network", tokenIn: "address" }),
  ...grouped(SOCKET, { group: "network", deed: "raw-socket", tokenIn: "process" }),
  ...grouped(PRIVILEGE, { group: "privilege", deed: "identity", tokenIn: "process" }),
  ...grouped(KERNEL, { group: "kernel", deed: "module", tokenIn: "process" }),
];

const BY_ID: ReadonlyMap<string, Known> = new Map(TECHNIQUES.map((one) => [one.id, one]));

export const techniqueOf = (id: string): Known | undefined => BY_ID.get(id);
