/** Where Vagrant runs, by what this machine has; the real scripts say what is built and installed, nothing is. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Completed } from "../../../src/domain/host.ts";
import { value } from "../../../src/domain/units.ts";
import { guestsOf } from "../../../src/machines/guests.ts";
import { choosePlace, type PlaceRequest } from "../../../src/machines/setup/place.ts";
import { FakeHost } from "../../support/fake-host.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
const WITHOUT = join(folder, "without a lab");
const WITH = join(folder, "with a lab");

/** What `lab.sh find` looks for. */
const LIBVIRTD = join(WITH, "vagrant-lab/usr/sbin/libvirtd");

beforeEach(() => {
  mkdirSync(WITHOUT, { recursive: true });
  mkdirSync(join(LIBVIRTD, ".."), { recursive: true });
  writeFileSync(LIBVIRTD, "");
  chmodSync(LIBVIRTD, 0o755);
  vi.stubEnv("TARE_IN_LAB", undefined);
  vi.stubEnv("LIBVIRT_DEFAULT_URI", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const SAYS: Readonly<Record<string, string>> = {
  vagrant: "Vagrant 2.3.4",
  "qemu-system-x86_64": "QEMU emulator version 10.0.2",
  "qemu-system-aarch64": "QEMU emulator version 10.0.2",
};

interface Machine {
  readonly programs: readonly string[];
  readonly uid?: number;
}

/** A Linux machine with these programs, and without KVM. */
const machine = ({ programs, uid = 0 }: Machine): FakeHost =>
  new FakeHost({
    uid,
    programs: Object.fromEntries([...programs, "unshare", "setpriv"].map((name) => [name, `/bin/${name}`])),
    answer: (command, args): Partial<Completed> =>
      command === "test"
        ? { exitCode: 1 }
        : { stdout: args[0] === "plugin" ? "vagrant-libvirt (0.11.2, system)\n" : (SAYS[command] ?? "") },
  });

const VAGRANT = ["vagrant", "virsh", "qemu-system-x86_64", "qemu-system-aarch64"];

const choose = async (host: FakeHost, cache: string, changes: Partial<PlaceRequest> = {}) => {
  vi.stubEnv("TARE_VM_CACHE", cache);
  return await choosePlace({
    host,
    guests: guestsOf("amd64,arm64", undefined),
    asked: undefined,
    preferred: undefined,
    keep: false,
    labRooms: [],
    setup: true,
    command: "npm run tare -- vms run",
    accelerator: undefined,
    boxes: undefined,
    roomsOf: () => [],
    ...changes,
  });
};

test("a Vagrant that fits is used, whether or not there is a lab", async () => {
  const place = await choose(machine({ programs: VAGRANT }), WITH);
  expect(place).toMatchObject({ kind: "machine", vagrant: { version: "2.3.4", provider: "libvirt" } });
});

test.each([
  ["without Vagrant", [], "vagrant was not found"],
  ["without libvirt", ["vagrant", "qemu-system-x86_64", "qemu-system-aarch64"], "libvirt is not installed"],
  ["without QEMU for arm64", ["vagrant", "virsh", "qemu-system-x86_64"], "qemu-system-aarch64 was not found"],
])("%s the lab stands in, and the reason is kept", async (_what, programs, why) => {
  const place = await choose(machine({ programs }), WITH);
  expect(place).toMatchObject({ kind: "lab", why: expect.stringContaining(why), isBuilt: true });
});

test("where the lab cannot stand in, what fits for one architecture is used for that", async () => {
  const host = machine({ programs: ["vagrant", "virsh", "qemu-system-x86_64"], uid: 1000 });
  const place = await choose(host, WITH);
  expect(place.kind === "machine" ? [...place.obstacles.keys()] : place).toEqual(["arm64"]);
});

test("a user without rights gets the exact command", async () => {
  const command = "npm run tare -- vms run --arch arm64";
  await expect(choose(machine({ programs: [], uid: 1000 }), WITH, { command })).rejects.toMatchObject({
    kind: "host-unfit",
    message: "vagrant was not found, and the lab that tare has for that needs root",
    hint: "sudo npm run tare -- vms run --arch arm64",
  });
});

test("with --no-setup a lab that is there is used, and one that is not is named with its command", async () => {
  const host = machine({ programs: [] });
  await expect(choose(host, WITH, { setup: false })).resolves.toMatchObject({ kind: "lab" });
  await expect(choose(host, WITHOUT, { setup: false })).rejects.toMatchObject({
    message: expect.stringContaining("the lab is not built (--no-setup)"),
    hint: expect.stringContaining("sh scripts/machines/lab.sh build"),
  });
});

test("another provider, a guest that is to be kept, and the lab itself want this machine's Vagrant", async () => {
  const host = machine({ programs: [] });
  await expect(choose(host, WITH, { asked: "virtualbox" })).rejects.toThrow(/^vagrant was not found$/);
  await expect(choose(host, WITH, { keep: true })).rejects.toThrow(/cannot be kept/);
  vi.stubEnv("TARE_IN_LAB", "yes");
  await expect(choose(host, WITH)).rejects.toThrow(/^vagrant was not found$/);
});

test("a lab without room for a guest is refused with what is free and needed", async () => {
  const host = machine({ programs: [] });
  host.freeBytes = () => Promise.resolve(value(2 ** 30));
  const labRooms = [{ folder: WITH, bytes: 4 * 2 ** 30, hint: "set TARE_VM_CACHE" }];
  await expect(choose(host, WITH, { labRooms })).rejects.toThrow(
    /has 1024 MiB free; a virtual machine needs 4096/,
  );
});
