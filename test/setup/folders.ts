/** No hook of a suite is called where a filter, or what the node lacks, leaves none of its tests to be run: its folder goes with the run. */
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** The start of their paths. vitest.config.ts names the process of the run. */
export const OF_THIS_RUN = join(tmpdir(), `tare-test-${process.env["TARE_TEST_RUN"] ?? process.pid}-`);

export default (): (() => void) => () => {
  const folder = dirname(OF_THIS_RUN);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(basename(OF_THIS_RUN))) rmSync(join(folder, name), { recursive: true, force: true });
  }
};
