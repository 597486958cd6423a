import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import sensorFile from "../../src/agents/sensor.ts";
import type { RunningAgent } from "../../src/domain/agent.ts";
import type { Reading } from "../../src/domain/units.ts";
import { plainContext, variantOf } from "../support/agent-context.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";

const STATS = "/turn/stats.jsonl";

const sensor = variantOf(sensorFile, "sensor");

/** A sensor that answers SIGUSR1 with these bytes; it appends, as the real one does. */
const lossWhenSaying = async (answer: string, before = ""): Promise<Reading<number>> => {
  const host = new FakeHost({
    onStart: ({ spec }, self) => {
      self.files.set(spec.stderr, '{"ready":true,"hooks":{}}\n');
    },
    onSignal: (_pid, _signal, self) => {
      self.files.set(STATS, before + answer);
    },
  });
  const running = await sensor.start(host, plainContext(host));
  host.files.set(STATS, before);
  return await running.lost();
};
const line = (stats: unknown): string => `${JSON.stringify(stats)}\n`;

describe("what the sensor says it lost", () => {
  const good = { families: { exec: { lost: 3 }, file: { lost: 4 } }, written: { lost: 5 } };

  test("is the sum of its families and of what could not be written", async () => {
    expect(await lossWhenSaying(line(good))).toEqual({ kind: "value", value: 12 });
  });

  test("comes from the line that was asked for, not from an older one", async () => {
    const older = { families: { exec: { lost: 1 } }, written: { lost: 0 } };
    expect(await lossWhenSaying(line(good), line(older))).toEqual({ kind: "value", value: 12 });
  });

  test.each([
    [
      "a family's counters could not be read",
      line({ families: { exec: { error: "x" } }, written: { lost: 0 } }),
    ],
    ["a part is gone", line({ families: {} })],
    ["it is no JSON", "{\n"],
    ["it never comes", ""],
    ["it is cut short", JSON.stringify(good)],
  ])("is missing, not 0, when %s", async (_, answer) => {
    expect(await lossWhenSaying(answer)).toMatchObject({ kind: "missing" });
  });
});

describe("starting the sensor", () => {
  const startWith = async (onStart: NonNullable<FakeHostOptions["onStart"]>): Promise<RunningAgent> => {
    const host = new FakeHost({ onStart });
    return await sensor.start(host, plainContext(host, { families: ["exec"] }));
  };

  test("records the hooks that it chose", async () => {
    const running = await startWith(({ spec }, host) => {
      host.files.set(spec.stderr, '{"ready":true,"hooks":{"exec":"tp_btf/sched_process_exec"}}\n');
    });
    expect(running.settings["hooks"]).toBe('{"exec":"tp_btf/sched_process_exec"}');
  });

  test("says what it said when it could not start", async () => {
    const starting = startWith((process, host) => {
      host.files.set(process.spec.stderr, "tare-sensor: no BTF\n");
      process.end({ code: 3, signal: null });
    });
    await expect(starting).rejects.toThrow(/ended by itself \(exit status 3\): tare-sensor: no BTF/);
  });

  test("does not wait for ever", async () => {
    await expect(startWith(() => undefined)).rejects.toThrow(/said no "ready" within 10 s/);
  });
});

describe("the rungs of the sensor's ladder", () => {
  const startOn = async (id: string, more: Partial<FakeHostOptions> = {}) => {
    const host = new FakeHost({
      ...more,
      onStart: (process, self) => {
        self.files.set(process.spec.stderr, '{"ready":true,"hooks":{}}\n');
        more.onStart?.(process, self);
      },
    });
    const running = await variantOf(sensorFile, id).start(
      host,
      plainContext(host, { families: ["exec", "network"] }),
    );
    return { host, running };
  };

  test("idle: it watches another family than those of the workloads", async () => {
    const { running } = await startOn("sensor@idle");
    expect(running.settings["command"]).toBe("tare-sensor --families=bpf --output=none");
    expect(running.outputs).toEqual([]);
  });

  test("loaded and filtered: the same families, and policies that no workload meets", async () => {
    const loaded = await startOn("sensor@loaded");
    expect(loaded.running.settings).toMatchObject({
      command: "tare-sensor --families=exec,network --policy=DIRECTORY/policy.yaml --output=none",
      filter: "processes: { uids: [424242] }\n",
    });
    const filtered = await startOn("sensor@filtered");
    expect(filtered.host.files.get("/turn/policy.yaml")).toBe(
      "exec: { paths: [/nowhere/] }\nnetwork: { addresses: [192.0.2.0/24] }\n",
    );
  });

  test("journald: into a journal of its own, of which nothing stays", async () => {
    const id = "0123456789abcdef0123456789abcdef";
    const left: unknown[] = [];
    const { host, running } = await startOn("sensor@journald", {
      programs: { "/usr/lib/systemd/systemd-journald": "/usr/lib/systemd/systemd-journald" },
      files: { "/etc/machine-id": `${id}\n` },
      onStart: ({ spec }, self) => {
        if (spec.args[0] === "tare") self.files.set("/run/systemd/journal.tare/stdout", "");
      },
      onEffect: (effect) => {
        if (effect.kind === "leavings") left.push(...effect.places.map(({ path }) => path));
      },
    });
    expect(left).toEqual([
      "/run/systemd/journal.tare",
      `/run/log/journal/${id}.tare`,
      `/var/log/journal/${id}.tare`,
    ]);
    const [journald, sensor] = host.processes.map(({ spec }) => [spec.command, ...spec.args]);
    expect(journald).toEqual(["/usr/lib/systemd/systemd-journald", "tare"]);
    expect(sensor).toEqual([
      "socat",
      "UNIX-CONNECT:/run/systemd/journal.tare/stdout",
      "EXEC:sh /turn/into-journal.sh,nofork",
    ]);
    expect(host.files.get("/turn/into-journal.sh")).toMatch(
      /^printf 'tare\\n\\n6\\n0\\n0\\n0\\n0\\n'\nexec \S+\/tare-sensor --families=exec,network --output=- /,
    );
    expect(running.processes).toHaveLength(2);
  });
});

describe("a sensor that denies", () => {
  const enforce = variantOf(sensorFile, "sensor@enforce");
  const DENIED = "/turn/denied";
  /** `through`: how many of its tries of denied things succeed once it runs; killed ones have no exit code. */
  const startOn = async (through: number, usable = true) => {
    let left = through;
    const host = new FakeHost({
      files: policyFiles(),
      answer: (command, args, self) => {
        const tried = [command, ...args].find((word) => word.startsWith("/turn/")) ?? "";
        if (tried.startsWith("/turn/allowed/")) return { exitCode: 0 };
        if (!tried.startsWith(DENIED)) return undefined;
        if (self.processes.length === 0) return { exitCode: usable ? 0 : 126 };
        left -= 1;
        return { exitCode: left >= 0 ? 0 : undefined };
      },
      onStart: ({ spec }, self) => {
        self.files.set(spec.stderr, '{"ready":true,"hooks":{"deny":"tracepoint/*/*"}}\n');
      },
      onSignal: (_pid, _signal, self) => {
        self.files.set(STATS, `${self.files.get(STATS) ?? ""}{"families":{},"written":{"lost":5}}\n`);
      },
    });
    const running = await enforce.start(host, plainContext(host, { families: ["exec", "file"] }));
    return { running, host, letThrough: (count: number) => (left = count) };
  };

  test("is asked for its families and for denials, of a folder of its own", async () => {
    const { host, running } = await startOn(0);
    expect(host.processes[0]?.spec.args).toEqual(
      expect.arrayContaining(["--families=exec,file,deny", "--policy=/turn/policy.yaml"]),
    );
    expect(parse(host.files.get("/turn/policy.yaml") ?? "")).toEqual({
      deny: { exec: { paths: [`${DENIED}/`] }, file: { paths: [`${DENIED}/`] } },
    });
    expect(running.settings["denied"]).toMatch(/^20 of 20 /);
  });

  test("is a failure where it denies nothing, or not all of it", async () => {
    await expect(startOn(20)).rejects.toThrow(/denied 0 of 20 execs and opens/);
    await expect(startOn(1)).rejects.toThrow(/denied 19 of 20/);
  });

  test("is not believed where its folder could not be used anyway", async () => {
    await expect(startOn(0, false)).rejects.toThrow(/cannot be used anyway/);
  });

  test("says nothing of its losses once it has stopped to deny", async () => {
    const { running, letThrough } = await startOn(0);
    expect(await running.lost()).toEqual({ kind: "value", value: 5 });
    letThrough(1);
    expect(await running.lost()).toMatchObject({
      kind: "missing",
      reason: expect.stringContaining("let an exec or an open through") as string,
    });
  });
});

test("decides high-value events in the kernel, by a policy of its own", async () => {
  const host = new FakeHost({
    files: policyFiles(),
    onStart: ({ spec }, self) => {
      self.files.set(spec.stderr, '{"ready":true,"hooks":{}}\n');
    },
  });
  await variantOf(sensorFile, "sensor@high-value").start(
    host,
    plainContext(host, { families: ["high-value"] }),
  );
  expect(host.processes[0]?.spec.args).toContain("--families=exec,privilege,bpf");
  expect(parse(host.files.get("/turn/policy.yaml") ?? "")).toEqual({
    exec: { paths: ["/usr/bin/sudo", "/usr/bin/su", "/watched/", "/dev/fd/", "/proc/self/fd/"] },
  });
});
