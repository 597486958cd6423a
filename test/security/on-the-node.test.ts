/** A real run: who listens because of it, and what becomes of a disk that an agent would fill. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { MIN_FREE_IN_TURN_BYTES } from "../../src/domain/bounds.ts";
import { readRecord } from "../../src/record/reader.ts";
import { ROOT } from "../support/agent-session.ts";
import { mustBeAlone } from "../support/alone.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const MAIN = join(ROOT, "src/cli/main.ts");
const env = { ...process.env, TARE_JOURNAL: join(folder, "tare/journal"), NO_COLOR: "1" };
const whyNot = process.getuid?.() === 0 ? undefined : "needs root";

beforeAll(() => {
  mustBeAlone("tare run");
});

const tare = (args: readonly string[], before: readonly string[] = []): ChildProcess => {
  const [command = "", ...rest] = [...before, process.execPath, MAIN, ...args];
  return spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
};

const endOf = async (child: ChildProcess): Promise<{ status: number | null; said: string }> => {
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  return await new Promise((done) => {
    child.once("close", (status) => {
      done({ status, said });
    });
  });
};

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** The run itself and all that it has started. */
const processesOf = (child: ChildProcess): readonly string[] =>
  readdirSync("/proc").filter(
    (pid) =>
      pid === String(child.pid) ||
      (/^\d+$/.test(pid) &&
        attempt(() => readFileSync(`/proc/${pid}/environ`, "latin1"))?.includes(
          `TARE_EFFECT=${child.pid}-`,
        ) === true),
  );

const LISTENS: Readonly<Record<string, string>> = { tcp: "0A", tcp6: "0A", udp: "07", udp6: "07" };

/** Addresses as the kernel writes them, of sockets that anybody could send to. */
const listening = (pid: string): readonly string[] => {
  const own = new Set(
    (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap(
      (fd) =>
        /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "")?.[1] ?? [],
    ),
  );
  return Object.entries(LISTENS).flatMap(([protocol, state]) =>
    (attempt(() => readFileSync(`/proc/${pid}/net/${protocol}`, "utf8")) ?? "")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === state && own.has(fields[9] ?? ""))
      .map((fields) => `${protocol} ${fields[1] ?? ""}`),
  );
};

/** 127.0.0.0/8, in the byte order of a little-endian machine, and ::1, mapped or not. */
const isLoopback = (address: string): boolean =>
  / (?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/.test(address);

/** The files above do not tell of a socket that is bound to a device; `ss` asks the kernel by netlink. Undefined: it is gone by now. */
const isBoundToLoopbackDevice = (pid: string, address: string): boolean | undefined => {
  const port = Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
  const asked = ["ss", "-H", "-l", "-n", "-t", "-u", `sport = :${port}`];
  const { stdout } = spawnSync("nsenter", [`--net=/proc/${pid}/ns/net`, ...asked], { encoding: "utf8" });
  if (!stdout.includes(`:${port} `)) return undefined;
  return stdout
    .trim()
    .split("\n")
    .every((socket) => socket.includes(`%lo:${port} `));
};

test("the kernel's words for addresses are read", () => {
  expect(["tcp 0100007F:A5C0", "tcp6 00000000000000000000000001000000:0050"].map(isLoopback)).toEqual([
    true,
    true,
  ]);
  expect(["tcp 00000000:0050", "tcp6 00000000000000000000000000000000:0050"].map(isLoopback)).toEqual([
    false,
    false,
  ]);
});

test("who listens is found", async () => {
  for (const [host, loopback] of [
    ["127.0.0.1", true],
    ["0.0.0.0", false],
  ] as const) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    const found = listening(String(process.pid)).filter((address) =>
      address.endsWith(`:${port.toString(16).toUpperCase().padStart(4, "0")}`),
    );
    const bound = found.map((address) => isBoundToLoopbackDevice(String(process.pid), address));
    await new Promise((resolve) => server.close(resolve));
    expect([found.map(isLoopback), bound]).toEqual([[loopback], [false]]);
  }
});

test.skipIf(whyNot !== undefined)("nothing of a run listens but on loopback", async () => {
  const args = ["--agents", "sensor", "--scenarios", "network-connect"];
  const child = tare([
    "run",
    "--profile",
    "smoke",
    "--blocks",
    "1",
    "--allow-foreign",
    ...args,
    "--report",
    join(folder, "listens.html"),
    "--out",
    join(folder, "listens"),
  ]);
  const ended = endOf(child);
  /** By address, whether the loopback device alone leads to it. */
  const seen = new Map<string, boolean>();
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const pids = processesOf(child);
    most = Math.max(most, pids.length);
    for (const pid of pids) {
      for (const address of listening(pid)) {
        const isOnLoopback = isLoopback(address) || isBoundToLoopbackDevice(pid, address);
        if (isOnLoopback !== undefined && seen.get(address) !== false) seen.set(address, isOnLoopback);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect((await ended).said).not.toContain("error:");
  expect(most).toBeGreaterThan(1);
  // The workload that is connected to is among them.
  expect(seen.size).toBeGreaterThan(0);
  expect([...seen].filter(([, isOnLoopback]) => !isOnLoopback)).toEqual([]);
});

const MEBIBYTE = 2 ** 20;

test.skipIf(whyNot !== undefined)("an agent that writes without end does not fill the disk", async () => {
  const place = join(folder, "small");
  mkdirSync(place);
  const agent = join(folder, "flooder.yaml");
  writeFileSync(
    agent,
    `id: flooder
title: writes without end
observes: [file]
blind-spots: [everything]
overload: drops
events-optional: true
start:
  command: [sh, -c, 'fallocate -l 800M "$0"; while head -c 2M /dev/zero; do sleep 0.05; done', "{{directory}}/own"]
stop: { signals: [SIGTERM], grace-seconds: 1 }
`,
  );
  /** A run begins there and has room for what the other agent writes, but goes on only until this one has written half a gigabyte. */
  const disk = 1600 * MEBIBYTE;
  const script = 'mount -t tmpfs -o "size=$1" none /var/tmp && : >"$2/ready" && shift 2 && exec "$@"';
  const alone = [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    script,
    "sh",
    String(disk),
    place,
  ];
  const out = join(folder, "flooded");
  const args = [
    "--agents",
    "calibration-nothing",
    "--agent-file",
    agent,
    "--scenarios",
    "syscall-tax,file-open",
  ];
  const child = tare(
    [
      "run",
      "--profile",
      "quick",
      "--blocks",
      "1",
      "--allow-foreign",
      ...args,
      "--out",
      out,
      "--report",
      `${out}.html`,
    ],
    alone,
  );
  const ended = endOf(child);
  let least = Infinity;
  while (child.exitCode === null && child.signalCode === null) {
    const place = attempt(() => statfsSync(`/proc/${child.pid}/root/var/tmp`));
    // Before the mount it is the machine's own.
    const isSmall = place !== undefined && place.blocks * place.bsize === disk;
    if (isSmall) least = Math.min(least, place.bavail * place.bsize);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { said } = await ended;
  expect(statSync(join(place, "ready")).isFile()).toBe(true);
  expect(least).toBeLessThan(disk);
  expect(least).toBeGreaterThan(0);
  const { lines } = await readRecord(join(out, "record.jsonl"));
  const flooded = lines.flatMap((line) =>
    line.type === "trial" && line.agent === "flooder" ? [line.outcome] : [],
  );
  expect(said).not.toContain("bug in tare");
  // Its log was cut off, or there was no room for the next trial, whichever came first.
  expect(said + JSON.stringify(flooded)).toMatch(/tare cut off what it had written|MiB (?:left|free)/);
  expect(MIN_FREE_IN_TURN_BYTES).toBeLessThan(disk);
});
