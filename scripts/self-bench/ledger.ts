/**
 * Is reading an agent's output cheap? The tally against `grep -c` on the same file in the same run, and whether its memory
 * stays flat when the output grows eightfold.
 */
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { median } from "simple-statistics";
import type { TokenForm } from "../../src/domain/agent.ts";
import type { TokenPlace } from "../../src/domain/scenario.ts";
import { createTally } from "../../src/observe/ledger.ts";
import type { TallyResult } from "../../src/observe/tally.ts";
import { type Print, inFolder } from "./shared.ts";

const TRIAL = "0a51";
const REPEATS = 5;
const MEBIBYTE = 1024 * 1024;
const SMALL = 16 * MEBIBYTE;
const LARGE = 8 * SMALL;

interface Shape {
  readonly title: string;
  readonly tokenIn: TokenPlace;
  readonly form: TokenForm;
  /** What `grep -c` looks for; matches the same lines. */
  readonly pattern: string;
  /** The lines of one event. */
  event(operation: number): string;
}

const digits = (operation: number): string => operation.toString(16).padStart(8, "0");
const address = (operation: number): readonly [number, number, number] => {
  const bits = (1 << 20) | operation;
  return [bits >>> 16, (bits >>> 8) & 255, bits & 255];
};
const stamp = (operation: number): string => `msg=audit(1795381006.209:${223850 + operation})`;

const SHAPES: readonly Shape[] = [
  {
    title: "auditd, open (4 records an event)",
    tokenIn: "path",
    form: { kind: "text" },
    pattern: `TK-${TRIAL}/`,
    event: (n) =>
      `type=SYSCALL ${stamp(n)}: arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd5a6f8ae0 a2=0 a3=0 items=1 ppid=2201 pid=2207 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="file-open" exe="/opt/tare/build/scenarios/file-open" subj=unconfined key="tare-file"\n` +
      `type=CWD ${stamp(n)}: cwd="/opt/tare"\n` +
      `type=PATH ${stamp(n)}: item=0 name="/tmp/tare/watched/TK-${TRIAL}/${digits(n)}" inode=1048577 dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\n` +
      `type=PROCTITLE ${stamp(n)}: proctitle=2F6F70742F746172652F6275696C642F7363656E6172696F732F66696C652D6F70656E002D2D747269616C\n`,
  },
  {
    title: "auditd, connect (3 records an event)",
    tokenIn: "address",
    form: { kind: "sockaddr", before: "saddr=" },
    pattern: "saddr=02009C3F7F1",
    event: (n) =>
      `type=SYSCALL ${stamp(n)}: arch=c000003e syscall=42 success=yes exit=0 a0=5 a1=7ffd5a6f8ae0 a2=10 a3=0 items=0 ppid=2201 pid=2207 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="network-connect" exe="/opt/tare/build/scenarios/network-connect" subj=unconfined key="tare-network"\n` +
      `type=SOCKADDR ${stamp(n)}: saddr=02009C3F7F${address(n)
        .map((octet) => octet.toString(16).toUpperCase().padStart(2, "0"))
        .join("")}0000000000000000\n` +
      `type=PROCTITLE ${stamp(n)}: proctitle=2F6F70742F746172652F6275696C642F7363656E6172696F732F6E6574776F726B2D636F6E6E656374\n`,
  },
  {
    title: "sensor, exec (JSON Lines)",
    tokenIn: "argument",
    form: { kind: "text" },
    pattern: `TK-${TRIAL}-`,
    event: (n) =>
      `{"time":1795381006209000000,"type":"exec","pid":${20000 + (n % 9000)},"ppid":2207,"uid":0,"gid":0,"comm":"noop","file":"/opt/tare/build/scenarios/noop","argv":["/opt/tare/build/scenarios/noop","TK-${TRIAL}-${digits(n)}"]}\n`,
  },
  {
    title: "sensor, connect (JSON Lines)",
    tokenIn: "address",
    form: { kind: "ipv4", before: '"address":"' },
    pattern: '"address":"127.',
    event: (n) =>
      `{"time":1795381006209000000,"type":"connect","pid":2207,"ppid":2201,"uid":0,"gid":0,"comm":"network-connect","family":2,"address":"127.${address(n).join(".")}","port":39999,"return":0,"cgroup":1}\n`,
  },
  {
    title: "bpftrace, open (a line an event)",
    tokenIn: "path",
    form: { kind: "text" },
    pattern: `TK-${TRIAL}/`,
    event: (n) => `file 1795381006209000000 2207 file-open /tmp/tare/watched/TK-${TRIAL}/${digits(n)}\n`,
  },
];

/** Writes at least `bytes` of the shape's events; returns how many. */
const write = (path: string, shape: Shape, bytes: number): number => {
  const file = openSync(path, "w");
  let written = 0;
  let operations = 0;
  while (written < bytes) {
    let text = "";
    for (let i = 0; i < 1000; i += 1, operations += 1) text += shape.event(operations);
    written += writeSync(file, text);
  }
  closeSync(file);
  return operations;
};

const tally = (path: string, shape: Shape, operations: number): TallyResult => {
  const counter = createTally({ form: shape.form, tokenIn: shape.tokenIn, trial: TRIAL, operations });
  const chunk = Buffer.allocUnsafe(MEBIBYTE);
  const file = openSync(path, "r");
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    counter.feed(chunk.subarray(0, read));
  }
  closeSync(file);
  return counter.end();
};

const grep = (path: string, shape: Shape): number =>
  Number(execFileSync("grep", ["-cF", shape.pattern, path], { env: { LC_ALL: "C" }, encoding: "utf8" }));

const milliseconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

/** The highest resident set while `work` runs, in MiB; the kernel's own mark, set back before. */
const peakMebibytes = (work: () => void): number => {
  writeFileSync("/proc/self/clear_refs", "5");
  work();
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return line === undefined ? Number.NaN : Number(line) / 1024;
};

const check = (what: string, found: number, expected: number): void => {
  if (found !== expected) throw new Error(`${what} counted ${found}, but ${expected} events were written`);
};

const measure = (directory: string, shape: Shape, print: Print): void => {
  const small = join(directory, "small");
  const large = join(directory, "large");
  const fewer = write(small, shape, SMALL);
  const operations = write(large, shape, LARGE);
  const ours: number[] = [];
  const theirs: number[] = [];
  // Alternating, so that a disturbance of the machine meets both.
  for (let i = 0; i < REPEATS; i += 1) {
    theirs.push(milliseconds(() => check("grep", grep(large, shape), operations)));
    ours.push(milliseconds(() => check("the tally", tally(large, shape, operations).delivered, operations)));
  }
  const peakSmall = peakMebibytes(() => tally(small, shape, fewer));
  const peakLarge = peakMebibytes(() => tally(large, shape, operations));
  const bytes = statSync(large).size;
  const speed = (ms: number): string => `${Math.round(bytes / 1e6 / (ms / 1000))} MB/s`;
  print(
    `${shape.title}: tally ${speed(median(ours))}, grep -c ${speed(median(theirs))}, ` +
      `tally/grep time ${(median(ours) / median(theirs)).toFixed(2)} (median of ${REPEATS}); ` +
      `${Math.round(bytes / operations)} bytes an event; ` +
      `peak RSS ${peakSmall.toFixed(0)} MiB for ${Math.round(statSync(small).size / 1e6)} MB, ` +
      `${peakLarge.toFixed(0)} MiB for ${Math.round(bytes / 1e6)} MB`,
  );
};

export default {
  id: "ledger",
  title: "Counting an agent's output, against grep -c",
  run: async (print: Print): Promise<void> => {
    await inFolder((directory) => {
      for (const shape of SHAPES) measure(directory, shape, print);
      return Promise.resolve();
    });
  },
};
