/** Files read straight before and straight after the window, opened beforehand. */
import { openSync, readSync } from "node:fs";
import type { BoundarySnapshot } from "../../../src/domain/driver.ts";

/** Files below /proc say that they are empty, so this is what they may hold; a longer one is an error, not a cut. */
const BYTES = 1 << 20;

type Opened =
  { readonly path: string; readonly file: number } | { readonly path: string; readonly error: string };

export interface BoundarySnapshots {
  readBefore(): void;
  readAfter(): void;
  result(): readonly BoundarySnapshot[];
}

export const openSnapshots = (paths: readonly string[]): BoundarySnapshots => {
  const opened = paths.map(open);
  let before: readonly Content[] = [];
  let after: readonly Content[] = [];
  const buffer = Buffer.alloc(BYTES);
  return {
    readBefore: () => {
      before = opened.map((each) => read(each, buffer));
    },
    readAfter: () => {
      after = opened.map((each) => read(each, buffer));
    },
    result: () => opened.map(({ path }, index) => snapshotOf(path, before[index], after[index])),
  };
};

type Content = { readonly text: string } | { readonly error: string };

const open = (path: string): Opened => {
  try {
    const file = openSync(path, "r");
    return { path, file };
  } catch (error) {
    return { path, error: String(error) };
  }
};

const read = (opened: Opened, buffer: Buffer): Content => {
  if ("error" in opened) return opened;
  try {
    let length = 0;
    for (;;) {
      const got = readSync(opened.file, buffer, length, buffer.length - length, length);
      length += got;
      if (length === buffer.length) return { error: `longer than ${BYTES} bytes` };
      if (got === 0) return { text: buffer.toString("utf8", 0, length) };
    }
  } catch (error) {
    return { error: String(error) };
  }
};

const snapshotOf = (
  path: string,
  before: Content | undefined,
  after: Content | undefined,
): BoundarySnapshot => {
  if (before === undefined || after === undefined) return { path, error: "not read" };
  if ("error" in before) return { path, error: before.error };
  if ("error" in after) return { path, error: after.error };
  return { path, before: before.text, after: after.text };
};
