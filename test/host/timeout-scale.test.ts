import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { createHost } from "../../src/host/host.ts";
import { readTimeoutScale } from "../../src/host/timeout-scale.ts";
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
])("TARE_TIMEOUT_SCALE %j makes every limit %d times as long", async (text, factor) => {
  vi.stubEnv("TARE_TIMEOUT_SCALE", text);
  const host = createHost({ root: folder, journalDirectory: join(folder, "tare/journal") });
  const waited = await host.until(() => undefined, { every: 1, atMost: 10 });
  expect(waited).toEqual({ kind: "late", seconds: factor / 100 });
});

test.each(["0", "0.5", "-3", "slow", "Infinity"])("TARE_TIMEOUT_SCALE %j is refused", (text) => {
  vi.stubEnv("TARE_TIMEOUT_SCALE", text);
  expect(readTimeoutScale).toThrow(`TARE_TIMEOUT_SCALE is "${text}"`);
});

test("a command that finds it wrong leaves with a usage error and says what it can be", () => {
  vi.stubEnv("TARE_TIMEOUT_SCALE", "slow");
  expect(tare(["list"])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/TARE_TIMEOUT_SCALE is .*\n.*factor of 1 or more/) as string,
  });
});

test("a command has that much more time too", async () => {
  const host = (): ReturnType<typeof createHost> =>
    createHost({ root: folder, journalDirectory: join(folder, "tare/journal") });
  expect((await host().run("sleep", ["1"], { timeoutMs: 200 })).exitCode).toBeUndefined();
  vi.stubEnv("TARE_TIMEOUT_SCALE", "100");
  expect((await host().run("sleep", ["1"], { timeoutMs: 200 })).exitCode).toBe(0);
});

test("so has a server that is asked", async () => {
  vi.stubEnv("TARE_TIMEOUT_SCALE", "7");
  const limit = vi.spyOn(AbortSignal, "timeout");
  const asked = await createHost({ root: folder, journalDirectory: join(folder, "tare/journal") }).httpGet(
    "http://127.0.0.1:9/",
  );
  expect(asked.kind).toBe("missing");
  expect(limit.mock.calls).toEqual([[35_000]]);
});
