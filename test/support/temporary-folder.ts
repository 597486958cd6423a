/** A folder for one test file, removed after it. Its name carries "tare", so that effects may own folders in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "tare-test-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};
