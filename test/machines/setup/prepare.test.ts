/** What a run's guests are made of, and what an obstacle costs; in an empty cache, and nothing is made. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TareError } from "../../../src/domain/errors.ts";
import { guestsOf } from "../../../src/machines/guests.ts";
import type { Place } from "../../../src/machines/setup/place.ts";
import { createSpent } from "../../../src/machines/setup/spent.ts";
import { partsOf, prepare, type Wanted } from "../../../src/machines/setup/prepare.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
beforeEach(() => {
  vi.stubEnv("TARE_VM_CACHE", join(folder, "empty"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const LAB: Place = { kind: "lab", why: "vagrant was not found", isBuilt: false };
const machineWith = (
  provider: string,
  obstacles: readonly (readonly ["amd64" | "arm64", TareError])[] = [],
): Place => ({
  kind: "machine",
  vagrant: { version: "2.3.4", provider },
  accelerators: { amd64: "tcg", arm64: "tcg" },
  emulators: {},
  obstacles: new Map(obstacles),
});

const wanting = (place: Place, changes: Partial<Wanted> = {}): Wanted => ({
  place,
  guests: guestsOf("amd64,arm64", undefined),
  boxes: undefined,
  env: {},
  ...changes,
});
const names = async (wanted: Wanted): Promise<readonly string[]> =>
  (await partsOf(wanted)).map(({ name }) => name);

const NAMED = {
  TARE_BOX_AMD64: "/boxes/a.box",
  TARE_BOX_ARM64: "/boxes/b.box",
  TARE_PAYLOAD_AMD64: "/boxes/a.tar.gz",
  TARE_PAYLOAD_ARM64: "/boxes/b.tar.gz",
};
const SETUP = { setup: false, uid: 0, command: "npm run tare -- vms run" };
const SPENT = createSpent(() => 0);
const CONTEXT = { info: () => undefined };

test("the lab and libvirt get boxes and payloads that are made here, another provider none", async () => {
  const made = ["the box of amd64", "tare for amd64", "the box of arm64", "tare for arm64"];
  expect(await names(wanting(LAB))).toEqual(["the lab", ...made]);
  expect(await names(wanting(machineWith("libvirt")))).toEqual(made);
  expect(await names(wanting(machineWith("virtualbox")))).toEqual([]);
});

test("what the environment names is not made", async () => {
  expect(await names(wanting(machineWith("libvirt"), { env: NAMED }))).toEqual([]);
  const { TARE_BOX_ARM64: _one, TARE_PAYLOAD_ARM64: _other, ...amd64 } = NAMED;
  expect(await names(wanting(LAB, { env: amd64 }))).toEqual([
    "the lab",
    "the box of arm64",
    "tare for arm64",
  ]);
});

test("guests of one architecture share what tare is packed in", async () => {
  const guests = guestsOf("arm64", "6.1,6.12");
  expect(await names(wanting(machineWith("libvirt"), { guests }))).toEqual([
    "the box of arm64-6.1",
    "tare for arm64",
    "the box of arm64-6.12",
  ]);
});

test("an obstacle stops the guests of its architecture, and no other", async () => {
  const obstacle = new TareError("host-unfit", "qemu-system-aarch64 was not found", "apt-get install it");
  const place = machineWith("libvirt", [["arm64", obstacle]]);
  const ready = await prepare(wanting(place, { env: NAMED }), SETUP, CONTEXT, SPENT);
  expect(ready.get("amd64")).toEqual({ box: undefined, payload: undefined });
  expect(ready.get("arm64")).toBe(obstacle);
});

test("with --no-setup each guest says what it lacks, with the commands that make it", async () => {
  const ready = await prepare(wanting(machineWith("libvirt")), SETUP, CONTEXT, SPENT);
  expect(ready.get("arm64")).toMatchObject({
    message: "the box of arm64 and tare for arm64: not there, and not to be made (--no-setup)",
    hint: expect.stringMatching(
      /npm run tare -- vms box --arch arm64 && npm run tare -- vms payload --arch arm64$/,
    ),
  });
  const amd64 = ready.get("amd64");
  expect(amd64 instanceof TareError && amd64.hint).not.toContain("arm64");
});

test("a user without rights gets one sentence with the exact command", async () => {
  await expect(
    prepare(wanting(machineWith("libvirt")), { ...SETUP, setup: true, uid: 1000 }, CONTEXT, SPENT),
  ).rejects.toMatchObject({ kind: "host-unfit", hint: "sudo npm run tare -- vms run" });
});

test("a box of the hub cannot be had in the lab, which has no network", async () => {
  const place: Place = { ...LAB, isBuilt: true };
  const ready = await prepare(wanting(place, { boxes: "named" }), SETUP, CONTEXT, SPENT);
  expect(ready.get("amd64")).toMatchObject({
    kind: "usage",
    message: expect.stringContaining("cannot be fetched in the lab"),
    hint: expect.stringContaining("TARE_BOX_AMD64"),
  });
});
