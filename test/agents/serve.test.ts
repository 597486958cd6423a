/** tare-serve by itself: what it passes on, drops and reports of lines that come faster than its rate. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(ROOT, "build/bpf/calibration/tare-serve");
const folder = temporaryFolder();
let serial = 0;
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

const line = (operation: number): string =>
  `{"event":"exec","args":["noop","TK-00a1-${operation.toString(16).padStart(8, "0")}"]}\n`;

const served = async (...flags: readonly string[]) => {
  const name = join(folder, `serve-${++serial}`);
  const [input, output, report] = [`${name}.pipe`, `${name}.out`, `${name}.report`];
  appendFileSync(output, "");
  appendFileSync(report, "");
  const child = spawn(PROGRAM, [...flags, `--input=${input}`, `--output=${output}`, `--report=${report}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.push(child);
  const [said] = (await once(child.stderr, "data")) as [Buffer];
  expect(said.toString()).toBe('{"ready":true}\n');
  const pipe = await open(input, "w");
  return {
    send: (text: string) => pipe.write(text),
    /** Once it has passed on what waits. */
    end: async () => {
      await pipe.close();
      child.kill("SIGUSR1");
      await expect.poll(() => readFileSync(report, "utf8")).toMatch(/\n$/);
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number];
      expect(code).toBe(0);
      return {
        lines: readFileSync(output, "utf8").split("\n").slice(0, -1),
        report: JSON.parse(readFileSync(report, "utf8").split("\n")[0] ?? "") as {
          operations: number;
          discarded: number;
        },
      };
    },
  };
};

describe.skipIf(!existsSync(PROGRAM))("tare-serve", () => {
  test("drops of a burst what cannot wait, keeps the first, and says how many", async () => {
    const server = await served("--rate=1", "--buffer=10");
    await server.send(Array.from({ length: 25 }, (_, operation) => line(operation)).join(""));
    const { lines, report } = await server.end();
    expect(report).toMatchObject({ operations: 25, discarded: 15 });
    expect(lines).toHaveLength(10);
    expect(lines[9]).toContain("TK-00a1-00000009");
  });

  test("takes an address for an operation's from the first on that a trial may have", async () => {
    const server = await served("--rate=1", "--buffer=1");
    await server.send(
      '{"type":"connect","address":"127.16.0.0","port":9}\n{"type":"connect","address":"127.255.0.1"}\n',
    );
    expect((await server.end()).report).toMatchObject({ operations: 2, discarded: 1 });
  });

  test("passes on what does not tell of the workload, however much there is", async () => {
    const server = await served("--rate=1", "--buffer=1");
    await server.send('{"event":"exec","args":["ls"]}\n'.repeat(20));
    // A node's own addresses; those of trials begin above.
    await server.send('{"type":"connect","address":"127.0.0.1"}\n'.repeat(20));
    await server.send('{"type":"connect","address":"127.15.255.255"}\n'.repeat(10));
    const { lines, report } = await server.end();
    expect(report).toMatchObject({ operations: 0, discarded: 0 });
    expect(lines).toHaveLength(50);
  });

  test("keeps all that comes no faster than it is", async () => {
    const server = await served("--rate=1000000", "--buffer=4");
    for (let operation = 0; operation < 40; operation++) {
      await server.send(line(operation));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { report } = await server.end();
    expect(report).toMatchObject({ operations: 40, discarded: 0 });
  });

  test.each([
    [["--rate=0", "--buffer=1"], /--rate "0" is not a whole number from 1/],
    [["--rate=5", "--buffer=0"], /--buffer "0"/],
    [["--rate=5", "--buffer=1", "--stall-ms=5"], /--stall-every-ms and --stall-ms belong together/],
    [["--rate=5", "--buffer=1", "--stall-every-ms=5", "--stall-ms=5"], /--stall-ms "5" is not/],
  ])("refuses %j", async (flags, expected) => {
    const child = spawn(PROGRAM, [...flags, "--input=/none/p", "--output=/none/o", "--report=/none/r"]);
    running.push(child);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    expect(said).toMatch(expected);
    expect(code).toBe(2);
  });
});
