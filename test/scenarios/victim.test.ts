/** The service of the neighbour scenarios: a server of its own over loopback, that does what it is asked and ends with its driver. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildDrivers,
  closed,
  countAbove,
  countOf,
  drive,
  isAlive,
  native,
  operationOf,
  quantileOf,
  start,
  temporaryDirectory,
} from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const PROGRAMS = ["neighbour", "neighbour-open", "neighbour-connect", "neighbour-exec"] as const;

const pathFor = (name: string): string => {
  const path = join(directory.path, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const openFlags = (name: string): readonly string[] => [
  "--trial=0a0b",
  "--mode=open",
  "--rate=500",
  "--batches=5",
  "--batch-operations=40",
  "--warmup-operations=30",
  `--directory=${pathFor(name)}`,
];

/** Children of a process that are none of its workers. */
const serversOf = (driver: number, workers: readonly number[]): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !workers.includes(Number(name)))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === driver;
      } catch {
        return false;
      }
    })
    .map(Number);

describe.each(PROGRAMS)("%s", (program) => {
  test("answers every request of an open loop, none before it was due", async () => {
    const result = await drive(native(program), openFlags(program));
    const { operation, count, errors, service, response } = operationOf(result);
    if (response === null) throw new Error("an open loop has response times");
    expect([operation, count, errors, countOf(service), countOf(response)]).toEqual([
      "request",
      200,
      0,
      200,
      200,
    ]);
    for (const quantile of [0, 0.5, 0.99, 1])
      expect(quantileOf(response, quantile)).toBeGreaterThanOrEqual(quantileOf(service, quantile));
  });

  test("has one server beside the clients, which ends with the driver however that ends", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const driver = start(native(program), openFlags(`${program}-${signal}`));
      const workers = await driver.prepared();
      const servers = serversOf(driver.child.pid ?? 0, workers);
      expect(servers).toHaveLength(1);
      driver.child.kill(signal);
      await driver.ended;
      await expect.poll(() => servers.filter(isAlive)).toEqual([]);
    }
  });
});

test("a server that stands still delays the answers, and only the response times show all of it", async () => {
  const driver = start(native("neighbour"), [
    "--trial=0a0c",
    "--mode=open",
    "--rate=250",
    "--batches=6",
    "--batch-operations=100",
    `--directory=${pathFor("stalled")}`,
  ]);
  const workers = await driver.prepared();
  const [server = 0] = serversOf(driver.child.pid ?? 0, workers);
  const window = driver.go();
  await new Promise((resolve) => setTimeout(resolve, 150));
  process.kill(server, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(server, "SIGCONT");
  const { errors, service, response } = operationOf(await window);
  await driver.drained();
  if (response === null) throw new Error("an open loop has response times");
  expect(errors).toBe(0);
  expect(response.maxNs).toBeGreaterThanOrEqual(250e6);
  expect(countAbove(response, 50e6)).toBeGreaterThanOrEqual(50);
  expect(countAbove(service, 50e6)).toBeLessThan(5);
});

test("a request whose server has died is an error, and the trial goes on to its end", async () => {
  const driver = start(
    native("neighbour-exec"),
    closed({ flags: ["--trial=0a01"], batches: 5, batchOperations: 20 }),
  );
  const workers = await driver.prepared();
  const [server = 0] = serversOf(driver.child.pid ?? 0, workers);
  process.kill(server, "SIGKILL");
  await expect.poll(() => isAlive(server)).toBe(false);
  const { count, errors } = operationOf(await driver.go());
  expect([count, errors]).toEqual([100, 100]);
  await driver.drained();
});

/** Why system calls cannot be traced here; undefined when they can. */
const whyNoTrace = (): string | undefined => {
  const tried = spawnSync("strace", ["-e", "trace=none", "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return `strace cannot be started: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `strace fails here: ${tried.stderr.trim()}`;
};

describe("each request does one thing, with its token", () => {
  const hex = (operation: number): string => operation.toString(16).padStart(8, "0");
  const OPERATIONS = Array.from({ length: 10 }, (_, operation) => operation);
  const address = (operation: number): string => {
    const bits = (0xc << 20) | operation;
    return `127.${bits >> 16}.${(bits >> 8) & 255}.${bits & 255}`;
  };

  const cases: readonly (readonly [string, string, RegExp, readonly string[]])[] = [
    [
      "neighbour-exec",
      "execve",
      /"(TK-be0c-[0-7][0-9a-f]{7})"/gu,
      OPERATIONS.map((one) => `TK-be0c-${hex(one)}`),
    ],
    ["neighbour-open", "openat", /TK-be0c\/([0-7][0-9a-f]{7})"/gu, OPERATIONS.map(hex)],
    [
      "neighbour-connect",
      "connect",
      /inet_addr\("(127\.192\.[\d.]+)"\)\}, 16\) = 0/gu,
      OPERATIONS.map(address),
    ],
    ["neighbour", "execve,openat,connect", /TK-|127\.192/gu, []],
  ];

  test.for(cases)("%s", async ([program, calls, token, expected], ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const trace = join(directory.path, `${program}.trace`);
    const command = [
      "strace",
      "-f",
      "-qq",
      "-s",
      "256",
      "-e",
      `trace=${calls}`,
      "-o",
      trace,
      ...native(program),
    ];
    const flags = ["--trial=be0c", `--directory=${pathFor(`${program}-traced`)}`];
    await drive(command, closed({ flags, batches: 2, batchOperations: 5 }));
    const seen = [...readFileSync(trace, "utf8").matchAll(token)].map(([whole, inner]) => inner ?? whole);
    expect(seen).toEqual(expected);
  });
});
