/** A folder for one test file, removed after it. Its name carries "tare", so that effects may own folders in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { afterAll } from "vitest";
import { OF_THIS_RUN } from "../setup/folders.ts";

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(OF_THIS_RUN);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};
