import { readFile } from "node:fs/promises";
import type * as z from "zod";
import { checkedJson, type From } from "../src/domain/schema.ts";

/** A JSON file of that schema. @throws Error that names the file and what is wrong with it */
export const readChecked = async <S extends z.ZodType>(path: string, schema: S): Promise<From<S>> => {
  const read = checkedJson(schema, await readFile(path, "utf8"), path);
  if (read.kind === "fault") throw new Error(`${path}: ${read.what}`);
  return read.content;
};
