/** Loaded into a tare before its own code: SIGUSR2 makes it fail as a bug of its own would, outside of everything that waits for a result. */
import assert from "node:assert/strict";

process.on("SIGUSR2", () => {
  assert.fail("a bug, for a test");
});
