import { expect, test } from "vitest";
import { destroyKept, keptGuests } from "../../../src/machines/vagrant/kept.ts";
import { FakeHost } from "../../support/fake-host.ts";

/** As Vagrant 2.3.4 prints it with --machine-readable. */
const STATUS = [
  "1795464000,arm64,metadata,provider,libvirt",
  "1795464000,arm64,provider-name,libvirt",
  "1795464000,arm64,state,running",
  "1795464000,arm64,state-human-short,running",
  "",
].join("\n");

const FILES = {
  "/tare/build/vms/arm64-6.12/vagrant/machines/arm64/libvirt/id": "x",
  "/tare/build/vms/arm64-6.12/vagrant.log": "",
  "/tare/build/vms/amd64/vagrant.log": "",
  "/tare/build/vms/another/vagrant/machines": "",
};

test("a guest was kept where Vagrant holds a state; the log of one that was destroyed is none", async () => {
  const host = new FakeHost({ files: FILES, answer: () => ({ stdout: STATUS }) });
  expect(await keptGuests(host)).toEqual([
    { guest: { id: "arm64-6.12", architecture: "arm64", kernel: "6.12" }, state: "running" },
  ]);
});

test("a Vagrant that does not answer is not taken for a guest that is gone", async () => {
  const host = new FakeHost({ files: FILES });
  expect(await keptGuests(host)).toMatchObject([{ guest: { id: "arm64-6.12" }, state: "" }]);
});

test("destroying one removes its state; one that cannot be destroyed keeps it and is named", async () => {
  const guest = { id: "arm64-6.12", architecture: "arm64", kernel: "6.12" } as const;
  const host = new FakeHost({ files: FILES, answer: () => ({}) });
  expect(await destroyKept(host, guest)).toBeUndefined();
  expect(host.done).toEqual([
    "run env VAGRANT_CWD=/tare VAGRANT_DOTFILE_PATH=/tare/build/vms/arm64-6.12/vagrant TARE_VM_PREFIX=tare-6.12- vagrant destroy --force --no-color --no-tty arm64",
    "run rm -rf /tare/build/vms/arm64-6.12/vagrant",
  ]);
  const locked = new FakeHost({ files: FILES, answer: () => ({ exitCode: 1, stderr: "it is locked\n" }) });
  expect(await destroyKept(locked, guest)).toBe("arm64-6.12: it is locked");
  expect(locked.done.some((entry) => entry.startsWith("run rm"))).toBe(false);
});
