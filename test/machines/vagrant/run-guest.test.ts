/** The order in which a guest is made, watched and destroyed, on every path; no virtual machine and no waiting. */
import { expect, test } from "vitest";
import { TareError } from "../../../src/domain/errors.ts";
import { Forecast } from "../../../src/machines/vagrant/forecast.ts";
import { guestsOf } from "../../../src/machines/guests.ts";
import { type GuestEvent, runGuests } from "../../../src/machines/vagrant/run-guests.ts";
import { type GuestSettings, logOf, resultsOf, serialOf } from "../../../src/machines/vagrant/vagrant.ts";
import { FakeHost, type FakeProcess } from "../../support/fake-host.ts";

const SETTINGS: GuestSettings = {
  run: "20260101-000000",
  root: "/tare",
  results: "/tare/results",
  profile: "smoke",
  agents: "sensor",
  agentsFrom: undefined,
  benchArguments: ["--blocks", "1"],
  budget: undefined,
  provider: "libvirt",
  bootSeconds: 600,
  box: undefined,
  payload: undefined,
  lab: undefined,
};

interface Behaviour {
  readonly arch?: string;
  readonly keep?: boolean;
  /** How many guests at a time; undefined: one. */
  readonly atOnce?: number;
  /** What runs Vagrant in the lab; undefined: it runs on this machine. */
  readonly lab?: readonly string[];
  /** Lines that `vagrant up` of this guest prints, and its exit code; undefined: it prints them and never ends. */
  readonly up: Readonly<
    Record<string, { readonly lines: readonly string[]; readonly code: number | undefined }>
  >;
  /** What the guest's run ended with; undefined: no results came back. */
  readonly exitCode?: string;
  readonly firstKilledBy?: string;
  readonly serial?: string;
  /** Why boxes cannot be made; undefined: they can. */
  readonly noBox?: TareError;
  /** Undefined: libvirt. */
  readonly provider?: string;
  /** Why a guest cannot be destroyed; undefined: it can. */
  readonly notDestroyed?: string;
  /** What Vagrant still prints when it is interrupted. */
  readonly whenStopped?: readonly string[];
  onSleep?(elapsed: number, abort: AbortController): void;
}

const run = async (behaviour: Behaviour) => {
  const guests = guestsOf(behaviour.arch ?? "amd64", undefined);
  const abort = new AbortController();
  const events: GuestEvent[] = [];
  let elapsed = 0;
  let current: FakeProcess | undefined;
  const host = new FakeHost({
    answer: () => ({}),
    acts: (command) => {
      if (behaviour.notDestroyed !== undefined && command.includes("destroy"))
        throw new Error(behaviour.notDestroyed);
    },
    onStart: (process, fake) => {
      current = process;
      const guest = guests.find((one) => process.spec.args.includes(one.architecture));
      const up = behaviour.up[guest?.architecture ?? ""];
      if (guest === undefined || up === undefined) throw new Error("a guest that was not asked for");
      fake.files.set(logOf("/tare", guest.id), up.lines.map((line) => `${line}\n`).join(""));
      if (behaviour.serial !== undefined) fake.files.set(serialOf("/tare", guest.id), behaviour.serial);
      if (behaviour.exitCode !== undefined)
        fake.files.set(`${resultsOf(SETTINGS, guest)}/exit-code`, `${behaviour.exitCode}\n`);
      if (behaviour.firstKilledBy !== undefined)
        fake.files.set(`${resultsOf(SETTINGS, guest)}/first-try/killed-by`, `${behaviour.firstKilledBy}\n`);
      if (up.code !== undefined) process.end({ code: up.code, signal: null });
    },
    onSleep: (ms, fake) => {
      elapsed += ms;
      behaviour.onSleep?.(elapsed, abort);
      // Vagrant heeds the first interruption.
      for (const process of fake.processes)
        if (fake.done.includes(`signal SIGINT ${-process.pid}`)) {
          const log = process.spec.stdout ?? "";
          const more = (behaviour.whenStopped ?? []).map((line) => `${line}\n`).join("");
          fake.files.set(log, (fake.files.get(log) ?? "") + more);
          process.end({ code: null, signal: "SIGINT" });
        }
    },
  });
  const { results, interrupted, seconds } = await runGuests({
    host,
    guests,
    turns: [{ guests, atOnce: behaviour.atOnce ?? 1 }],
    accelerators: { amd64: "tcg", arm64: "tcg" },
    settingsOf: () =>
      behaviour.noBox === undefined
        ? Promise.resolve({
            ...SETTINGS,
            provider: behaviour.provider ?? "libvirt",
            lab: behaviour.lab,
          })
        : Promise.reject(behaviour.noBox),
    keep: behaviour.keep === true,
    totalSeconds: 3600,
    forecast: new Forecast({ native: 45, emulated: 300 }),
    signal: abort.signal,
    emit: (event) => events.push(event),
  });
  const order = host.done.filter((entry) => !/^(run rm|acted) /.test(entry));
  return { host, results, interrupted, seconds, events, order, process: current };
};

const GOOD = {
  lines: [
    "==> amd64: Creating image (snapshot of base box volume).",
    "==> amd64: Starting domain.",
    "==> amd64: Rsyncing folder: /tare/ => /srv/tare",
    "==> amd64: Running provisioner: bench (shell)...",
    "    amd64: measuring baseline, sensor on file-open: at most 2 blocks, about 02:30",
    "==> amd64: Running action triggers after up ...",
  ],
  code: 0,
} as const;

test.each(["", "0x"])(
  "a guest whose exit status was cut off, as %j, has measured nothing",
  async (exitCode) => {
    const { results } = await run({ up: { amd64: GOOD }, exitCode });
    expect(results[0]?.outcome).toMatchObject({ kind: "failed" });
  },
);

test("its end is promised before it is begun, and kept after its results are there", async () => {
  const { order, results, process } = await run({ up: { amd64: GOOD }, exitCode: "0" });
  expect(order).toEqual([
    "do virtual machine amd64",
    "start vagrant up amd64 --provision --no-color --no-tty --provider libvirt",
    "undo virtual machine amd64",
  ]);
  expect(results[0]?.outcome).toEqual({
    kind: "measured",
    folder: "/tare/results/20260101-000000.amd64",
    exitCode: 0,
  });
  expect(process?.spec.env).toMatchObject({
    VAGRANT_DOTFILE_PATH: "/tare/build/vms/amd64/vagrant",
    TARE_AGENTS: "sensor",
    TARE_BENCH_ARGUMENTS: "--blocks 1",
    TARE_RUN: "20260101-000000",
    // The environment's values of these became flags before.
    TARE_VM_KERNEL: "",
    TARE_BUDGET: "",
    TARE_VM_AGENTS_FROM: "",
  });
});

test("a guest that never came up did not fail while its results were fetched", async () => {
  const lines = [
    "==> amd64: /own.box does not match the expected checksum",
    "==> amd64: Running action triggers after up ...",
  ];
  const { results } = await run({ up: { amd64: { lines, code: 1 } } });
  expect(results[0]?.outcome).toMatchObject({ kind: "failed", step: "box" });
});

test("a guest that is kept is never destroyed", async () => {
  const { order } = await run({ up: { amd64: GOOD }, exitCode: "0", keep: true });
  expect(order).toEqual([
    "start vagrant up amd64 --provision --no-destroy-on-error --no-color --no-tty --provider libvirt",
  ]);
});

test("a verdict is a result, a failed run is not, and its folder is named", async () => {
  const over = await run({ up: { amd64: GOOD }, exitCode: "1" });
  expect(over.results[0]?.outcome).toMatchObject({ kind: "measured", exitCode: 1 });
  const failed = await run({
    up: { amd64: { lines: ["the bench in amd64 did not end well: see bench.log"], code: 1 } },
    exitCode: "4",
  });
  expect(failed.results[0]?.outcome).toMatchObject({
    kind: "failed",
    message: "the run in the guest failed",
    folder: "/tare/results/20260101-000000.amd64",
  });
});

test("a run that needed a second try says what ended the first", async () => {
  const { results } = await run({ up: { amd64: GOOD }, exitCode: "0", firstKilledBy: "SIGTRAP" });
  expect(results[0]?.outcome).toMatchObject({ kind: "measured", exitCode: 0, firstKilledBy: "SIGTRAP" });
});

test("a harness that a signal killed in the guest is named as that", async () => {
  const { results } = await run({
    up: { amd64: { lines: ["the bench in amd64 did not end well: see bench.log"], code: 1 } },
    exitCode: "139",
  });
  expect(results[0]?.outcome).toMatchObject({
    kind: "failed",
    message: "the harness in the guest was killed by SIGSEGV",
    folder: "/tare/results/20260101-000000.amd64",
  });
});

test("results that did not come back are not taken for a success", async () => {
  const { results } = await run({ up: { amd64: GOOD } });
  expect(results[0]?.outcome).toMatchObject({
    kind: "failed",
    message: "Vagrant ended well, but no results came back",
    folder: null,
  });
});

test("the failure of one costs the other nothing", async () => {
  const { results, order } = await run({
    arch: "amd64,arm64",
    up: {
      amd64: { lines: ["No usable default provider could be found for your system."], code: 1 },
      arm64: GOOD,
    },
    exitCode: "0",
  });
  expect(results.map(({ outcome }) => outcome.kind)).toEqual(["failed", "measured"]);
  expect(order.filter((entry) => entry.startsWith("undo"))).toEqual([
    "undo virtual machine amd64",
    "undo virtual machine arm64",
  ]);
});

test("a guest whose box cannot be made fails with the reason and the hint, and nothing is started for it", async () => {
  const noBox = new TareError("host-unfit", "mmdebstrap: exit status 25", "free some space");
  const { results, order } = await run({ up: {}, noBox });
  expect(results[0]?.outcome).toMatchObject({
    kind: "failed",
    step: "box",
    message: "mmdebstrap: exit status 25",
    hint: "free some space",
  });
  expect(order).toEqual([]);
});

test("a guest that never boots is given up, interrupted, destroyed, and its last words are shown", async () => {
  const { results, order, process } = await run({
    up: { amd64: { lines: ["==> amd64: Starting domain."], code: undefined } },
    serial: "[    0.1] Linux version\r\n\u001b[0;32m[    1.2] Kernel panic - not syncing: VFS\u001b[0m\r\n",
  });
  expect(results[0]?.outcome).toMatchObject({
    kind: "failed",
    step: "boot",
    message: "it did not come up within 600 s",
    serial: ["[    0.1] Linux version", "[    1.2] Kernel panic - not syncing: VFS"],
  });
  expect(order.slice(-2)).toEqual([`signal SIGINT ${-(process?.pid ?? 0)}`, "undo virtual machine amd64"]);
});

test("a guest that comes up while Vagrant is stopped came up too late all the same", async () => {
  const { results } = await run({
    up: { amd64: { lines: ["==> amd64: Starting domain."], code: undefined } },
    serial: "[    0.1] Linux version\n",
    whenStopped: ["==> amd64: Machine booted and ready!", "==> amd64: Rsyncing folder: /tare/ => /srv/tare"],
  });
  expect(results[0]?.outcome).toMatchObject({
    step: "boot",
    message: "it did not come up within 600 s",
    hint: expect.stringContaining("--boot-timeout"),
    serial: ["[    0.1] Linux version"],
  });
});

test("a guest that is never done is given up by the limit on the whole", async () => {
  const { results } = await run({
    up: { amd64: { lines: ["==> amd64: Running provisioner: bench (shell)..."], code: undefined } },
  });
  expect(results[0]?.outcome).toMatchObject({
    step: "set-up",
    message: "it was not done within 3600 s",
  });
});

test.each([
  [false, ["undo virtual machine arm64"]],
  [true, []],
])("Ctrl-C in the middle, kept: %s; the one before it is in the results", async (keep, undone) => {
  const { results, interrupted, order } = await run({
    arch: "amd64,arm64",
    keep,
    up: { amd64: GOOD, arm64: { lines: ["==> arm64: Rsyncing folder"], code: undefined } },
    exitCode: "0",
    onSleep: (elapsed, abort) => {
      if (elapsed >= 5000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  expect(interrupted).toBe(true);
  expect(results.map(({ guest, outcome }) => [guest.id, outcome.kind])).toEqual([["amd64", "measured"]]);
  expect(order.filter((entry) => entry === "undo virtual machine arm64")).toEqual(undone);
  expect(order.some((entry) => entry.startsWith("signal SIGINT -"))).toBe(true);
});

const PAIR = { arch: "amd64,arm64", atOnce: 2, exitCode: "0" } as const;
const ARM64 = { lines: GOOD.lines.map((line) => line.replaceAll("amd64", "arm64")), code: 0 };
const begunAndEnded = (order: readonly string[]): readonly string[] =>
  order.flatMap((entry) => {
    const [, what = "", guest = ""] = /^(start|undo) .*(amd64|arm64)/.exec(entry) ?? [];
    return what === "" ? [] : `${what} ${guest}`;
  });

test.each([
  ["until it boots", undefined, ["==> amd64: Starting domain."], ["start amd64", "start arm64"]],
  ["to its end, if it never boots", undefined, [], ["start amd64", "undo amd64", "start arm64"]],
  ["not at all in the lab, where each has its own", ["lab"], [], ["start amd64", "start arm64"]],
])("side by side, one waits for another's box and networks %s", async (_, lab, lines, begins) => {
  const stuck = { lines, code: undefined };
  const { order, results } = await run({
    ...PAIR,
    ...(lab === undefined ? {} : { lab }),
    up: { amd64: stuck, arm64: ARM64 },
  });
  expect(begunAndEnded(order).slice(0, begins.length)).toEqual(begins);
  expect(results.map(({ guest, outcome }) => [guest.id, outcome.kind])).toEqual([
    ["amd64", "failed"],
    ["arm64", "measured"],
  ]);
});

test("side by side, the time left is that of the slower, and each line of progress has both", async () => {
  const { events, seconds } = await run({
    ...PAIR,
    up: {
      amd64: {
        lines: [...GOOD.lines.slice(0, 5), "    amd64: block 1 of 2 | 20:00 left | sensor: file-open closed"],
        code: undefined,
      },
      arm64: { lines: ARM64.lines.slice(0, 3), code: undefined },
    },
    onSleep: (elapsed, abort) => {
      if (elapsed >= 60_000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  const ticks = events.flatMap((event) => (event.kind === "tick" ? [event] : []));
  const both = ticks.find(({ running }) =>
    running.every(({ step }) => step === "measure" || step === "copy"),
  );
  expect(both?.running.map(({ guest, step, progress }) => [guest.id, step, progress?.what])).toEqual([
    ["amd64", "measure", "sensor: file-open closed"],
    ["arm64", "copy", undefined],
  ]);
  expect(both?.left).toBeGreaterThan(1200 - 60);
  expect(both?.left).toBeLessThan(2 * 1200);
  expect(seconds).toBeGreaterThanOrEqual(30);
});

test.each([
  [false, ["undo amd64", "undo arm64"]],
  [true, []],
])("Ctrl-C side by side, kept: %s; both are interrupted and none is in the results", async (keep, undone) => {
  const { results, interrupted, order, host } = await run({
    ...PAIR,
    keep,
    up: {
      amd64: { lines: GOOD.lines.slice(0, 3), code: undefined },
      arm64: { lines: ARM64.lines.slice(0, 3), code: undefined },
    },
    onSleep: (elapsed, abort) => {
      if (elapsed >= 30_000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  expect(interrupted).toBe(true);
  expect(results).toEqual([]);
  // Which of them ends first is chance.
  const undos = begunAndEnded(order).filter((entry) => entry.startsWith("undo"));
  expect(undos.toSorted()).toEqual(undone);
  for (const { pid } of host.processes) expect(order).toContain(`signal SIGINT ${-pid}`);
});

test("Ctrl-C while one waits for another's box: it is never begun", async () => {
  const { interrupted, order } = await run({
    ...PAIR,
    up: { amd64: { lines: [], code: undefined } },
    onSleep: (elapsed, abort) => {
      if (elapsed >= 5000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  expect(interrupted).toBe(true);
  expect(begunAndEnded(order)).toEqual(["start amd64", "undo amd64"]);
});

test("what Ctrl-C leaves behind is reported", async () => {
  const { events, interrupted } = await run({
    up: { amd64: { lines: ["==> amd64: Starting domain."], code: undefined } },
    notDestroyed: "vagrant destroy: libvirt does not answer",
    onSleep: (elapsed, abort) => {
      if (elapsed >= 5000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  expect(interrupted).toBe(true);
  expect(events.at(-1)).toMatchObject({
    kind: "left",
    guest: { id: "amd64" },
    problems: ["vagrant destroy: libvirt does not answer"],
  });
});

test.each([
  ["libvirt", /^its last lines on the serial console say how far it came; a slow host/],
  ["qemu", /^with --keep its serial console is the socket .*qemu_socket_serial.*; a slow host/],
  ["virtualbox", /^a slow host needs a longer --boot-timeout$/],
])("%s: no word of a serial console that the provider does not give", async (provider, expected) => {
  const { results } = await run({
    up: { amd64: { lines: ["==> amd64: Starting domain."], code: undefined } },
    provider,
  });
  expect(results[0]?.outcome).toMatchObject({ step: "boot", hint: expect.stringMatching(expected) });
});

test("what the guest says of its run counts for the time left, and is passed on", async () => {
  const { events } = await run({
    up: {
      amd64: {
        lines: [
          "==> amd64: Running provisioner: bench (shell)...",
          "    amd64: measuring baseline, sensor on file-open: at most 2 blocks, about 16:40",
          "    amd64: block 1 of 2 | 20:00 left | sensor: file-open closed",
        ],
        code: undefined,
      },
    },
    onSleep: (elapsed, abort) => {
      if (elapsed >= 60_000) abort.abort(new TareError("interrupted", "interrupted by SIGINT", "-"));
    },
  });
  const ticks = events.flatMap((event) => (event.kind === "tick" ? [event] : []));
  const [first] = ticks;
  expect(first?.running).toMatchObject([
    { step: "measure", progress: { at: "block 1 of 2", left: 1200, what: "sensor: file-open closed" } },
  ]);
  // Fetching and destroying come after it.
  expect(first?.left).toBeGreaterThan(1200);
  const last = ticks.at(-1);
  expect((first?.left ?? NaN) - (last?.left ?? NaN)).toBeCloseTo((last?.gone ?? NaN) - (first?.gone ?? NaN));
  expect(events.findLast((event) => event.kind === "step")).toMatchObject({ step: "destroy" });
});

test("progress says the step, the time gone and a guess of the time left", async () => {
  const { events } = await run({ up: { amd64: GOOD }, exitCode: "0" });
  const steps = events.flatMap((event) => (event.kind === "step" ? [event.step] : []));
  expect(steps).toEqual(["box", "boot", "copy", "set-up", "measure", "fetch", "destroy"]);
  const left = events.flatMap((event) => (event.kind === "step" ? [event.left] : []));
  expect(left.toSorted((a, b) => b - a)).toEqual(left);
  expect(left[0]).toBeGreaterThan(0);
});
