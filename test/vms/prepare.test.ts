import { expect, test } from "vitest";
import type { Guest } from "../../src/vms/guests.ts";
import { prepareGuest } from "../../src/vms/prepare.ts";
import { FakeHost } from "../support/fake-host.ts";

const GUEST: Guest = { id: "arm64-6.1", architecture: "arm64", kernel: "6.1" };
const never = new AbortController().signal;

test("box and payload are what the scripts print last, for the guest's architecture and kernel", async () => {
  const host = new FakeHost({
    answer: () => ({}),
    onStart: (process, fake) => {
      const name = process.spec.args[0]?.split("/").at(-1) ?? "";
      fake.files.set(process.spec.stdout, `some line\n/cache/${name}.made\n`);
      process.end({ code: 0, signal: null });
    },
  });
  expect(await prepareGuest(host, GUEST, never)).toEqual({
    box: "/cache/box.sh.made",
    payload: "/cache/payload.sh.made",
  });
  expect(host.done.filter((entry) => entry.startsWith("start"))).toEqual([
    "start sh /tare/scripts/vagrant/box.sh --arch arm64 --kernel 6.1",
    "start sh /tare/scripts/vagrant/payload.sh --arch arm64",
  ]);
});

test("a script that fails is quoted", async () => {
  const host = new FakeHost({
    answer: () => ({}),
    onStart: (process, fake) => {
      fake.files.set(process.spec.stderr, "box: /cache has 12 MiB free, packing this box needs 1600\n");
      process.end({ code: 3, signal: null });
    },
  });
  await expect(prepareGuest(host, GUEST, never)).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringContaining("has 12 MiB free"),
    hint: "read /tare/build/vms/arm64-6.1/box.sh.log",
  });
});

test("an interruption ends the script and everything that it started", async () => {
  const abort = new AbortController();
  const host = new FakeHost({
    answer: () => ({}),
    onSleep: (_ms, fake) => {
      abort.abort(new Error("interrupted"));
      const [process] = fake.processes;
      if (fake.done.includes(`signal SIGINT ${-(process?.pid ?? 0)}`))
        process?.end({ code: null, signal: "SIGINT" });
    },
  });
  await expect(prepareGuest(host, GUEST, abort.signal)).rejects.toThrow("interrupted");
  expect(host.processes[0]?.exit()).toEqual({ code: null, signal: "SIGINT" });
});
