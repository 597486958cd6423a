/** How a run is conducted: the order of effects, and what happens when agents, drivers or users do what they should not. */
import { describe, expect, test } from "vitest";
import { BASELINE } from "../../src/domain/plan.ts";
import { defineAgent } from "../../src/domain/agent.ts";
import { TareError } from "../../src/domain/errors.ts";
import type { TurnOutcome } from "../../src/domain/record.ts";
import { type FakeRun, OPERATIONS, WATCHER, fakeRun } from "./fake-run.ts";

const without = (done: readonly string[], pattern: RegExp): string[] =>
  done.filter((entry) => !pattern.test(entry));
const NOT_ABOUT_ORDER = /^(run (taskset|bpftool|auditctl)|collect garbage)/;
const word = (entry: string): string => entry.replace(/ --.*/, "").replace("/tare/build/scenarios/", "");

const turnOf = (run: FakeRun): TurnOutcome | undefined =>
  run.lines.flatMap((line) => (line.type === "turn" && line.agent === "watcher" ? [line.outcome] : []))[0];

describe("a turn", () => {
  test("starts the agent, proves it ready, measures, and stops it with all that belongs to it, last in, first out", async () => {
    const run = fakeRun();
    await run.run();
    const done = without(run.host.done, NOT_ABOUT_ORDER).map(word);
    const from = done.indexOf("start watcher");
    expect(done.slice(from - 1, from + 9)).toEqual([
      "do directory /s/tare-1/agent",
      "start watcher",
      "start file-open", // the sentinel
      "start file-open", // the lone event
      "start file-open", // the trial's driver
      "stop file-open",
      "stop file-open",
      "stop file-open",
      "stop watcher",
      "undo directory /s/tare-1/agent",
    ]);
  });

  test("records how late an event was that was alone, and that it never came", async () => {
    const run = fakeRun();
    await run.run();
    expect(turnOf(run)).toMatchObject({ loneEventMs: { kind: "value" } });
    const late = fakeRun({ loneEventHeldBack: true });
    await late.run();
    expect(turnOf(late)).toMatchObject({
      loneEventMs: {
        kind: "missing",
        reason: expect.stringMatching(/one event a second .* within 15/) as string,
      },
    });
  });

  test.each([
    ["cannot begin", { code: 1, signal: null }, "exit status 1"],
    ["is killed", { code: null, signal: "SIGKILL" }, "killed by SIGKILL"],
  ] as const)(
    "that is given nothing to see, as tare's own operation %s, is not said to see nothing",
    async (_, exit, how) => {
      const run = fakeRun({ sentinelsEnd: { intervalMs: 40, exit } });
      await run.run();
      expect(turnOf(run)).toMatchObject({
        kind: "failed",
        stage: "ready",
        message: `tare's own file-open, which the agent was to see, ended by itself: ${how}`,
        lastLines: ["cannot listen: Address already in use"],
      });
      // One whose owner decides what it sees would be measured without its events.
      const attached = fakeRun({
        agents: [defineAgent({ ...WATCHER, costOnly: true })],
        sentinelsEnd: { intervalMs: 40, exit },
      });
      await attached.run();
      expect(turnOf(attached)).toMatchObject({ kind: "failed", stage: "ready" });
    },
  );

  test("is not called late, nor lossy, for an operation that tare itself did not do", async () => {
    const exit = { code: 1, signal: null };
    const lone = fakeRun({ sentinelsEnd: { intervalMs: 1000, exit } });
    await lone.run();
    expect(turnOf(lone)).toMatchObject({
      kind: "started",
      loneEventMs: { kind: "missing", reason: expect.stringMatching(/^tare's own file-open/) as string },
    });
    const batching = defineAgent({ ...WATCHER, handsOutInBatches: true, flushIntervalMs: 6000 });
    const pushed = fakeRun({ agents: [batching], heldBack: 7, sentinelsEnd: { intervalMs: 1, exit } });
    await pushed.run();
    expect(pushed.trials("watcher")).toMatchObject([
      {
        outcome: {
          kind: "failed",
          stage: "drain",
          message: expect.stringMatching(/^tare's own file-open/) as string,
        },
      },
    ]);
  });

  test("records each trial, then the turn, then the block, then the end", async () => {
    const run = fakeRun();
    await run.run();
    const types = run.lines.map((line) => line.type);
    expect(types).toEqual(["trial", "turn", "trial", "turn", "trial", "turn", "block", "end"]);
    expect(run.lines.at(-1)).toMatchObject({ reason: "complete", blocks: 1 });
  });

  test("records what could not be undone, and nothing that was there before it", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => {
        const undo = [["umount", "/run/watcher"]];
        await context.effects.perform({ kind: "command", title: "a mount", do: ["true"], undo });
        return await WATCHER.start(host, context);
      },
    });
    const run = fakeRun({
      agents: [agent],
      options: {
        files: { "/run/before/pid": "1" },
        acts: ([command], host) => {
          if (command === "umount") throw new Error("umount /run/watcher: busy");
          if (command === "true") host.files.set("/run/watcher.sock", "");
        },
      },
    });
    await run.run();
    const turns = run.lines.flatMap((line) => (line.type === "turn" ? [line] : []));
    expect(turns.find((turn) => turn.agent === "watcher")?.leftovers).toEqual([
      "not undone: umount /run/watcher: busy",
      "/run/watcher.sock is there, and was not",
    ]);
  });

  test("pushes out what an agent holds back before it counts, and reads what it costs before that", async () => {
    const batching = defineAgent({ ...WATCHER, handsOutInBatches: true, flushIntervalMs: 6000 });
    const pushed = fakeRun({ agents: [batching], heldBack: 7 });
    await pushed.run();
    expect(pushed.trials("watcher")).toMatchObject([
      {
        outcome: {
          ledger: { operations: OPERATIONS, delivered: OPERATIONS },
          defects: [
            "7 events came out only when others had pushed them: what they cost watcher is in no figure",
          ],
        },
      },
    ]);
    const drivers = pushed.host.processes.filter(({ spec }) => spec.command.endsWith("/file-open"));
    const pusher = drivers.findIndex(({ spec }) => spec.args.includes("--interval-ms=1"));
    expect(drivers[pusher]?.spec.args).toContain("--trial=fff2");
    expect(drivers[pusher - 1]?.input).toContain("drained");
    // Of another, which hands them out at once, they are lost.
    const others = fakeRun({ heldBack: 7 });
    await others.run();
    expect(others.trials("watcher")).toMatchObject([
      { outcome: { ledger: { delivered: OPERATIONS - 7 }, defects: [] } },
    ]);
  });

  test("counts delivered, declared and silent losses from the agent's own output", async () => {
    const run = fakeRun({ missed: 5 });
    await run.run();
    expect(run.trials("watcher")).toMatchObject([
      {
        outcome: {
          kind: "measured",
          ledger: {
            kind: "counted",
            operations: OPERATIONS,
            delivered: OPERATIONS - 5,
            duplicates: 0,
            declaredLost: { value: 0 },
            drained: true,
          },
        },
      },
    ]);
    expect(run.trials(BASELINE)).toMatchObject([
      { outcome: { ledger: { kind: "not-observed" } } },
      { outcome: { ledger: { kind: "not-observed" } } },
    ]);
  });

  test("of the baseline has no agent figures, and they are missing, not 0", async () => {
    const run = fakeRun();
    await run.run();
    const [baseline] = run.trials(BASELINE);
    expect(baseline?.outcome).toMatchObject({
      cpu: {
        agentNs: { kind: "missing" },
        agentDrainNs: { kind: "missing" },
        systemBusyNs: { kind: "missing" },
      },
      memory: { pssBytes: { kind: "missing" } },
      outputBytes: { kind: "missing" },
    });
  });
});

describe("a failure inside a run is data, and the run goes on", () => {
  test("an agent that never becomes ready fails its trials with its last lines, and is stopped", async () => {
    const run = fakeRun({
      neverReady: true,
      options: { files: { "/s/tare-1/agent/err": "loading\nno permission to attach\n" } },
    });
    expect(await run.run()).toEqual({ reason: "complete", blocks: 1 });
    expect(run.trials("watcher")).toMatchObject([
      {
        outcome: {
          kind: "failed",
          stage: "ready",
          message: expect.stringContaining("no sentinel operation for file"),
          lastLines: ["loading", "no permission to attach"],
        },
      },
    ]);
    expect(run.trials(BASELINE).every((trial) => trial.outcome.kind === "measured")).toBe(true);
    expect(run.host.processes.every((process) => process.exit() !== undefined)).toBe(true);
  });

  test("an agent that dies in the window fails that trial, whatever the driver measured", async () => {
    const run = fakeRun({
      onTrial: (_driver, host) => {
        host.processes
          .find((process) => process.spec.command === "watcher")
          ?.end({ code: 139, signal: null });
      },
    });
    await run.run();
    expect(run.trials("watcher")).toMatchObject([
      {
        outcome: {
          kind: "failed",
          stage: "in the window",
          message: expect.stringMatching(/watcher \(pid \d+\) ended by itself \(exit status 139\)/),
          cause: "crashed",
          exit: "exit status 139",
        },
      },
    ]);
    expect(turnOf(run)).toMatchObject({ kind: "failed", stage: "after the last trial", cause: "crashed" });
  });

  test("an agent that crashes while it is stopped fails its turn, and its trials stand", async () => {
    const stopped = (signal: string) =>
      fakeRun({
        options: {
          onStop: (process) => {
            if (process.spec.command === "watcher") process.end({ code: null, signal });
          },
        },
      });
    const crashed = stopped("SIGSEGV");
    await crashed.run();
    expect(crashed.trials("watcher")).toMatchObject([{ outcome: { kind: "measured" } }]);
    expect(turnOf(crashed)).toMatchObject({
      kind: "failed",
      stage: "stop",
      cause: "crashed",
      exit: "killed by SIGSEGV",
    });
    const obedient = stopped("SIGTERM");
    await obedient.run();
    expect(turnOf(obedient)).toMatchObject({ kind: "started" });
  });

  test("an agent that is not ready has not crashed", async () => {
    const run = fakeRun({ neverReady: true });
    await run.run();
    expect(turnOf(run)).toMatchObject({ kind: "failed", stage: "ready" });
    expect(turnOf(run)).not.toHaveProperty("cause");
  });

  test("an agent that refuses so many operations is not made to do them, and says why", async () => {
    const impatient = defineAgent({
      ...WATCHER,
      tooManyOperations: (operations) =>
        operations >= OPERATIONS ? `${operations} are too many` : undefined,
    });
    const run = fakeRun({ agents: [impatient] });
    await run.run();
    expect(run.trials("watcher")).toMatchObject([
      { outcome: { kind: "skipped", reason: `${OPERATIONS} are too many` } },
    ]);
    expect(run.trials(BASELINE)).toMatchObject([
      { outcome: { kind: "measured" } },
      { outcome: { kind: "measured" } },
    ]);
  });

  test("a tracer that cannot attach to the workload fails the trial with what it said", async () => {
    const attached: (readonly number[])[] = [];
    const tracer = defineAgent({
      ...WATCHER,
      start: async (host, context) => ({
        ...(await WATCHER.start(host, context)),
        attach: (pids) => {
          attached.push(pids);
          return attached.length === 1
            ? Promise.resolve()
            : Promise.reject(new TareError("run-failed", "somebody else traces it", "let go of it"));
        },
      }),
    });
    const run = fakeRun({ agents: [tracer] });
    await run.run();
    expect(attached).toHaveLength(2); // the sentinel, then the driver
    expect(run.trials("watcher")).toMatchObject([
      { outcome: { kind: "failed", stage: "attach", message: "somebody else traces it" } },
    ]);
  });

  test("the memory of a tracer that ends with the workload is missing, and not what is left of it", async () => {
    const tracer = defineAgent({
      ...WATCHER,
      start: async (host, context) => ({
        ...(await WATCHER.start(host, context)),
        attach: () => Promise.resolve(),
      }),
    });
    const run = fakeRun({ agents: [tracer] });
    await run.run();
    expect(run.trials("watcher")).toMatchObject([
      {
        outcome: {
          kind: "measured",
          memory: {
            pssBytes: { kind: "missing", reason: expect.stringContaining("end with the workload") as string },
          },
        },
      },
    ]);
  });

  test("an agent that cannot be started fails the turn, and the others are measured", async () => {
    const broken = defineAgent({
      ...WATCHER,
      id: "broken",
      start: () =>
        Promise.reject(new TareError("run-failed", "cannot start broken: no such executable", "install it")),
    });
    const run = fakeRun({ agents: [WATCHER, broken] });
    await run.run();
    expect(run.trials("broken")).toMatchObject([
      {
        outcome: { kind: "failed", stage: "start", message: expect.stringContaining("cannot start broken") },
      },
    ]);
    expect(run.trials("watcher")).toMatchObject([{ outcome: { kind: "measured" } }]);
    expect(run.lines.find((line) => line.type === "turn" && line.agent === "broken")).toMatchObject({
      outcome: { kind: "failed" },
    });
  });

  test("what a start failed with stands beside what its processes said, on either stream", async () => {
    const broken = defineAgent({
      ...WATCHER,
      id: "broken",
      start: async (host, context) => {
        await WATCHER.start(host, context);
        await host.writeText("/s/tare-1/agent/events", "BPF detected features: ...\nListening for events\n");
        await host.writeText("/s/tare-1/agent/err", "libpman: unable to bump RLIMIT_MEMLOCK\n");
        throw new TareError("run-failed", "it wrote nothing that matches /^Listening/ to its stderr", "look");
      },
    });
    const run = fakeRun({ agents: [broken] });
    await run.run();
    const outcome = run.lines.flatMap((line) =>
      line.type === "turn" && line.agent === "broken" ? [line] : [],
    )[0]?.outcome;
    expect(outcome).toMatchObject({
      kind: "failed",
      stage: "start",
      lastLines: [
        "look",
        "libpman: unable to bump RLIMIT_MEMLOCK",
        "BPF detected features: ...",
        "Listening for events",
      ],
    });
  });

  test("until it is ready counts from the start of its first process, whatever its own start waits for", async () => {
    const slow = defineAgent({
      ...WATCHER,
      start: async (host, context) => {
        // Before there is a process.
        await host.sleep(50_000);
        const running = await WATCHER.start(host, context);
        await host.sleep(7000);
        return running;
      },
    });
    const run = fakeRun({ agents: [slow] });
    await run.run();
    const ready = run.lines.flatMap((line) =>
      line.type === "turn" && line.agent === slow.id && line.outcome.kind === "started"
        ? [line.outcome.readyMs]
        : [],
    );
    expect(ready).toHaveLength(1);
    expect(ready[0]).toBeGreaterThanOrEqual(7000);
    expect(ready[0]).toBeLessThan(50_000);
  });

  test("settings hold no path of the run, so that the same set-up is the same in the next", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => ({
        ...(await WATCHER.start(host, context)),
        settings: {
          rules: `fd.name startswith ${context.watchedDirectory}/`,
          command: `-c ${context.directory}/x`,
        },
      }),
    });
    const run = fakeRun({ agents: [agent] });
    await run.run();
    expect(turnOf(run)).toMatchObject({
      settings: { rules: "fd.name startswith WATCHED/", command: "-c DIRECTORY/x" },
    });
  });

  test("a driver that dies says where and how", async () => {
    const run = fakeRun({
      onTrial: (driver, host) => {
        host.files.set("/s/tare-1/driver.stderr", "file-open: no space left on device\n");
        driver.end({ code: 1, signal: null });
      },
    });
    await run.run();
    expect(run.trials(BASELINE)[0]?.outcome).toMatchObject({
      kind: "failed",
      stage: "window",
      message: expect.stringContaining("driver ended (exit status 1) where a result was due"),
      lastLines: ["file-open: no space left on device"],
    });
  });

  test("a driver that prints another result than the protocol's is told the field", async () => {
    const run = fakeRun({
      onTrial: (driver) => {
        driver.print('{"protocol":3,"operations":[]}');
      },
    });
    await run.run();
    expect(run.trials(BASELINE)[0]?.outcome).toMatchObject({
      kind: "failed",
      stage: "window",
      message:
        'the file-open driver printed a line in which "protocol" must be one of 1, 2, found 3 where a result was due',
    });
  });
});

describe("a run", () => {
  test("starts no block that would end after its time budget", async () => {
    const alone = fakeRun({ blocks: 1 });
    await alone.run();
    const blockSeconds = alone.host.now() / 1000;
    const run = fakeRun({ blocks: 10, timeBudgetSeconds: blockSeconds * 3.5 });
    expect(await run.run()).toEqual({ reason: "time-budget", blocks: 3 });
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "time-budget", blocks: 3 });
  });

  test("that is interrupted stops everything and leaves a record without an end", async () => {
    const run = fakeRun({
      blocks: 3,
      onTrial: () => {
        run.abort.abort(new TareError("interrupted", "interrupted by SIGINT", "resume"));
      },
    });
    await expect(run.run()).rejects.toMatchObject({ kind: "interrupted" });
    expect(run.host.processes.every((process) => process.exit() !== undefined)).toBe(true);
    expect(run.lines.map((line) => line.type)).not.toContain("end");
    const [did, undid] = [/^do directory/, /^undo directory/].map(
      (pattern) => run.host.done.filter((entry) => pattern.test(entry)).length,
    );
    expect(undid).toBe(did);
  });

  test("that is resumed begins with the block it is told and uses the same plan", async () => {
    const whole = fakeRun({ blocks: 3 });
    await whole.run();
    const resumed = fakeRun({ blocks: 3, firstBlock: 2 });
    await resumed.run();
    const ids = (run: typeof whole): string[] =>
      run.lines.flatMap((line) => (line.type === "trial" && line.block === 2 ? [line.id] : []));
    expect(ids(resumed)).toEqual(ids(whole));
    expect(resumed.lines.filter((line) => line.type === "block")).toMatchObject([{ block: 2 }]);
  });

  test("stops at once when the record cannot be written", async () => {
    const run = fakeRun({ agents: [WATCHER], blocks: 2 });
    run.lines.push = () => {
      throw new TareError("record-failed", "cannot write to the record: ENOSPC", "free some space");
    };
    await expect(run.run()).rejects.toMatchObject({ kind: "record-failed" });
    expect(run.host.processes.every((process) => process.exit() !== undefined)).toBe(true);
  });
});
