/** What only the environment or a file may hold: a command line is seen by every user of the machine, and kept by shells and records. */
import { readFile } from "node:fs/promises";
import { TareError, failedTo } from "../domain/errors.ts";
import { unreadHint } from "../domain/refused.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws TareError `usage` where the file cannot be read, or holds nothing that could be it */
export const readSecret = async (
  environment: Environment,
  name: string,
  ofFile: string,
): Promise<string | undefined> => {
  const path = environment[ofFile];
  if (path === undefined || path === "") {
    const given = environment[name];
    return given === undefined || given === "" ? undefined : oneLine(name, given);
  }
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw failedTo(
      "usage",
      `read ${path}, which ${ofFile} names`,
      error,
      unreadHint(error, `give the path of another with ${ofFile}, or unset it`),
    );
  }
  return oneLine(path, text);
};

const oneLine = (where: string, text: string): string => {
  const line = text.trim();
  if (line === "")
    throw new TareError("usage", `${where} is empty`, "it holds one line: the header, or the password");
  // What it holds is not told.
  if (!/^[\x20-\x7e]+$/.test(line))
    throw new TareError(
      "usage",
      `${where} holds more than one line of plain text`,
      "it holds one line: the header, or the password",
    );
  return line;
};
