/** Files read straight before and straight after the window and once more when the harness says so, opened beforehand. */
import { openSync, readSync } from "node:fs";
import type { BoundarySnapshot, DrainedSnapshot } from "../../../src/domain/driver.ts";

/** Files below /proc say that they are empty, so this is what they may hold; a longer one is an error, not a cut. */
const BYTES = 1 << 20;

type Opened =
  { readonly path: string; readonly file: number } | { readonly path: string; readonly error: string };

export interface BoundarySnapshots {
  readBefore(): void;
  readAfter(): void;
  result(): readonly BoundarySnapshot[];
  /** Reads them now. */
  drained(): readonly DrainedSnapshot[];
}

export const openSnapshots = (paths: readonly string[]): BoundarySnapshots => {
  const opened = paths.map(open);
  let before: readonly Content[] = [];
  let after: readonly Content[] = [];
  const buffer = Buffer.alloc(BYTES);
  const readAll = (): readonly Content[] => {
    chargeRunTime();
    return opened.map((each) => read(each, buffer));
  };
  return {
    readBefore: () => {
      before = readAll();
    },
    readAfter: () => {
      after = readAll();
    },
    drained: () => {
      const now = readAll();
      return opened.map(({ path }, index) => ({ path, ...(now[index] ?? { error: "not read" }) }));
    },
    result: () => opened.map(({ path }, index) => snapshotOf(path, before[index], after[index])),
  };
};

/** A thread's time is charged at the latest when it sleeps. */
const chargeRunTime = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
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
