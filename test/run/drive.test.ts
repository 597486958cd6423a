/** The conversation with a driver, on a fake one. */
import { expect, test } from "vitest";
import type { Load } from "../../src/domain/scenario.ts";
import { prepareDriver, type PreparedDriver } from "../../src/run/drive.ts";
import { ON_THE_NODE } from "../../src/run/namespaces.ts";
import { FakeHost, type FakeProcess } from "../support/fake-host.ts";
import { SCENARIO } from "./fake-run.ts";

const WORKERS = '{"driver":"prepared","workers":[7,8]}';
const SNAPSHOTS = [
  { path: "/proc/stat", text: "cpu 1\n" },
  { path: "/gone", error: "No such file or directory" },
];

const LOAD: Load = { kind: "closed", batches: 2, batchOperations: 10, warmupOperations: 0 };

const prepare = async (host: FakeHost): Promise<PreparedDriver> =>
  await prepareDriver(host, host.effects.scope("trial"), {
    scenario: SCENARIO,
    trial: { id: "0001", scenario: SCENARIO.id, load: LOAD, placement: "free" },
    directory: "/w",
    snapshots: ["/proc/stat", "/gone"],
    stderr: "/err",
    paddingBytes: 3,
    namespaces: ON_THE_NODE,
    signal: new AbortController().signal,
  });

const hostWith = (
  first: string,
  answer: (line: string, driver: FakeProcess) => void = () => undefined,
): FakeHost =>
  new FakeHost({
    files: { "/err": "the last words\n" },
    onStart: (driver) => {
      driver.print(first);
    },
    onInput: (driver, line) => {
      answer(line, driver);
    },
  });

test("a driver names its processes, and reads the files once more when it has drained", async () => {
  const host = hostWith(WORKERS, (line, driver) => {
    if (line !== "drained") return;
    driver.print(JSON.stringify({ driver: "drained", snapshots: SNAPSHOTS }));
    driver.end({ code: 0, signal: null });
  });
  const driver = await prepare(host);
  expect(driver.workers).toEqual([7, 8]);
  expect(await driver.drained()).toEqual(SNAPSHOTS);
  expect(host.processes[0]?.input).toEqual(["drained", "(closed)"]);
});

test.each([
  ['{"driver":"prepared"}', '"workers" is missing'],
  ['{"driver":"prepared","workers":[]}', '"workers" must not be empty'],
  ["hello", "the line is no JSON: hello"],
])("a driver that begins with %s fails in its preparation", async (first, what) => {
  await expect(prepare(hostWith(first))).rejects.toMatchObject({
    stage: "prepare",
    message: `the file-open driver printed a line in which ${what} where {"driver":"prepared"} was due`,
    lastLines: ["the last words"],
  });
});

test("a driver that dies after its window fails where the third reading was due", async () => {
  const host = hostWith(WORKERS, (_, driver) => {
    driver.end({ code: 1, signal: null });
  });
  const driver = await prepare(host);
  await expect(driver.drained()).rejects.toMatchObject({
    stage: "drain",
    message: 'the file-open driver ended (exit status 1) where {"driver":"drained"} was due',
    lastLines: ["the last words"],
  });
});
