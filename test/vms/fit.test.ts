import { expect, test } from "vitest";
import type { Completed } from "../../src/domain/host.ts";
import { missing, value } from "../../src/domain/units.ts";
import { acceleratorFor } from "../../src/vms/accelerator.ts";
import type { FitRequest } from "../../src/vms/fit.ts";
import { checkFitness } from "../../src/vms/fit.ts";
import { guestsOf } from "../../src/vms/guests.ts";
import { FakeHost } from "../support/fake-host.ts";

/** A Debian machine with vagrant-libvirt and QEMU of bookworm-backports, unless told otherwise. */
const host = (changes: Readonly<Record<string, string | undefined>> = {}): FakeHost => {
  const says: Readonly<Record<string, string | undefined>> = {
    vagrant: "Vagrant 2.3.4",
    "vagrant plugin list": "vagrant-libvirt (0.11.2, system)",
    "qemu-system-x86_64": "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)",
    "qemu-system-aarch64": "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)",
    ...changes,
  };
  const programs = Object.keys(says).filter((name) => !name.includes(" ") && says[name] !== undefined);
  return new FakeHost({
    programs: Object.fromEntries(programs.map((name) => [name, `/usr/bin/${name}`])),
    answer: (command, args): Partial<Completed> | undefined => {
      const said = args[0] === "plugin" ? says["vagrant plugin list"] : says[command];
      return said === undefined ? undefined : { stdout: `${said}\n` };
    },
  });
};

const fit = (fake: FakeHost, changes: Partial<FitRequest> = {}): ReturnType<typeof checkFitness> =>
  checkFitness({
    host: fake,
    guests: guestsOf("amd64,arm64", undefined),
    accelerators: { amd64: "tcg", arm64: "tcg" },
    provider: undefined,
    folders: ["/tare"],
    ...changes,
  });

test("says what it will work with", async () => {
  await expect(fit(host())).resolves.toEqual({
    vagrant: "2.3.4",
    provider: "libvirt",
    emulators: { amd64: "10.0.2", arm64: "10.0.2" },
  });
});

test.each([
  ["no Vagrant", { vagrant: undefined }, /vagrant was not found/],
  ["an old Vagrant", { vagrant: "Vagrant 2.2.14" }, /Vagrant 2\.2\.14 is too old/],
  ["a Vagrant that does not start", { vagrant: "ruby: cannot load" }, /says "ruby: cannot load"/],
  ["no provider", { "vagrant plugin list": "No plugins installed." }, /no provider here/],
  ["no emulator", { "qemu-system-aarch64": undefined }, /qemu-system-aarch64 was not found/],
  [
    "an emulator under which guests crash",
    { "qemu-system-x86_64": "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" },
    /qemu-system-x86_64 is version 7\.2\.22/,
  ],
])("%s is found out before anything is started", async (_what, changes, expected) => {
  await expect(fit(host(changes))).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(expected),
    hint: expect.stringMatching(/\S/),
  });
});

test("a provider that was named must have its plugin", async () => {
  await expect(fit(host(), { provider: "parallels" })).rejects.toThrow(/vagrant-parallels.* not installed/);
});

test("a provider that cannot emulate is refused for the other architecture only", async () => {
  await expect(fit(host(), { provider: "virtualbox" })).rejects.toThrow(/cannot emulate arm64/);
  const amd64 = { provider: "virtualbox", guests: guestsOf("amd64", undefined) };
  await expect(fit(host(), amd64)).resolves.toMatchObject({ provider: "virtualbox", emulators: {} });
});

test("with a real CPU under it, a guest does not care for QEMU's version", async () => {
  const old = host({ "qemu-system-x86_64": "QEMU emulator version 7.2.22" });
  const request = {
    guests: guestsOf("amd64", undefined),
    accelerators: { amd64: "kvm", arm64: "tcg" },
  } as const;
  await expect(fit(old, request)).resolves.toMatchObject({ emulators: {} });
});

test("a full disk is named with what is free and what is needed", async () => {
  const full = host();
  full.freeBytes = () => Promise.resolve(value(100 * 2 ** 20));
  await expect(fit(full)).rejects.toThrow(/\/tare has 100 MiB free; a virtual machine needs 4096/);
});

test("a folder that is not there yet is no reason to refuse", async () => {
  const fresh = host();
  fresh.freeBytes = () => Promise.resolve(missing("ENOENT"));
  await expect(fit(fresh)).resolves.toMatchObject({ provider: "libvirt" });
});

test("a foreign architecture is emulated whatever the host has", async () => {
  const kvm = new FakeHost({ arch: "x86_64", answer: () => ({ exitCode: 0, stdout: "Linux\n" }) });
  expect(await acceleratorFor(kvm, "arm64", undefined)).toBe("tcg");
  expect(await acceleratorFor(kvm, "amd64", "auto")).toBe("kvm");
  expect(await acceleratorFor(kvm, "amd64", "tcg")).toBe("tcg");
  await expect(acceleratorFor(kvm, "amd64", "xen")).rejects.toThrow(/TARE_VM_ACCEL is "xen"/);
});

test("without a /dev/kvm that can be written to, the host's own architecture is emulated too", async () => {
  const plain = new FakeHost({
    answer: (command) => (command === "uname" ? { stdout: "Linux\n" } : { exitCode: 1 }),
  });
  expect(await acceleratorFor(plain, "amd64", undefined)).toBe("tcg");
});
