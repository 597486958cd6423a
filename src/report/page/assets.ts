/** The page's script and style, read once from the files beside this one: they are inlined as they stand there. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

export const STYLE = read("style.css");
export const SCRIPT = read("client.js");

export const SCRIPT_DIGEST = `sha256-${createHash("sha256").update(SCRIPT).digest("base64")}`;
