import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { createHost } from "../../src/host/host.ts";
import { readPatience } from "../../src/host/patience.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  [undefined, 1],
  ["", 1],
  ["1", 1],
  ["2.5", 2.5],
])("TARE_PATIENCE %j makes every limit %d times as long", (text, factor) => {
  vi.stubEnv("TARE_PATIENCE", text);
  expect(createHost({ root: folder, journalDirectory: join(folder, "tare/journal") }).patience).toBe(factor);
});

test.each(["0", "0.5", "-3", "slow", "Infinity"])("TARE_PATIENCE %j is refused", (text) => {
  vi.stubEnv("TARE_PATIENCE", text);
  expect(readPatience).toThrow(`TARE_PATIENCE is "${text}"`);
});

test("a command that finds it wrong leaves with a usage error and says what it can be", () => {
  vi.stubEnv("TARE_PATIENCE", "slow");
  expect(tare(["list"])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/TARE_PATIENCE is .*\n.*factor of 1 or more/) as string,
  });
});

test("a command has that much more time too", async () => {
  const host = (): ReturnType<typeof createHost> =>
    createHost({ root: folder, journalDirectory: join(folder, "tare/journal") });
  expect((await host().run("sleep", ["1"], { timeoutMs: 200 })).exitCode).toBeUndefined();
  vi.stubEnv("TARE_PATIENCE", "100");
  expect((await host().run("sleep", ["1"], { timeoutMs: 200 })).exitCode).toBe(0);
});
