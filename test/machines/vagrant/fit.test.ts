import { afterEach, expect, test, vi } from "vitest";
import type { Completed } from "../../../src/domain/host.ts";
import { missing, value } from "../../../src/domain/units.ts";
import { type Accelerator, acceleratorFor } from "../../../src/machines/vagrant/accelerator.ts";
import { findVagrant } from "../../../src/machines/vagrant/find-vagrant.ts";
import { boxSourceOf, checkFitness, type FitRequest } from "../../../src/machines/vagrant/fit.ts";
import { guestsOf } from "../../../src/machines/guests.ts";
import { FakeHost } from "../../support/fake-host.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A Debian machine with vagrant-libvirt and QEMU of bookworm-backports, unless told otherwise. */
const host = (changes: Readonly<Record<string, string | undefined>> = {}): FakeHost => {
  const says: Readonly<Record<string, string | undefined>> = {
    vagrant: "Vagrant 2.4.1",
    "vagrant plugin list": "vagrant-libvirt (0.11.2, system)",
    virsh: "qemu:///system",
    "qemu-system-x86_64": "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)",
    "qemu-system-aarch64": "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)",
    ...changes,
  };
  const programs = Object.keys(says).filter((name) => !name.includes(" ") && says[name] !== undefined);
  return new FakeHost({
    programs: Object.fromEntries(programs.map((name) => [name, `/usr/bin/${name}`])),
    answer: (command, args): Partial<Completed> | undefined => {
      if (command === "test") return { exitCode: says["/dev/kvm"] === undefined ? 1 : 0 };
      const said = args[0] === "plugin" ? says["vagrant plugin list"] : says[command];
      return said === undefined ? undefined : { stdout: `${said}\n` };
    },
  });
};

const ROOM = { folder: "/tare", bytes: 4 * 2 ** 30, hint: "free some space" };

/** What `tare vms run` does before it starts anything. */
const fit = async (
  fake: FakeHost,
  changes: Partial<FitRequest> & { readonly asked?: string; readonly preferred?: string } = {},
) => {
  const vagrant = await findVagrant(fake, changes.asked, changes.preferred);
  const { emulators, obstacles } = await checkFitness({
    host: fake,
    guests: guestsOf("amd64,arm64", undefined),
    vagrant,
    accelerator: undefined,
    boxes: "named",
    roomsOf: () => [ROOM],
    ...changes,
  });
  return { ...vagrant, emulators, obstacles };
};
const AMD64 = guestsOf("amd64", undefined);

test("says what it will work with", async () => {
  await expect(fit(host())).resolves.toEqual({
    version: "2.4.1",
    provider: "libvirt",
    emulators: { amd64: "10.0.2", arm64: "10.0.2" },
    obstacles: new Map(),
  });
});

test.each([
  ["no Vagrant", { vagrant: undefined }, /vagrant was not found/],
  ["an old Vagrant", { vagrant: "Vagrant 2.2.14" }, /Vagrant 2\.2\.14 is too old/],
  ["a Vagrant that does not start", { vagrant: "ruby: cannot load" }, /says "ruby: cannot load"/],
  ["no provider", { "vagrant plugin list": "No plugins installed." }, /no provider here/],
])("%s is found out before anything is started", async (_what, changes, expected) => {
  await expect(fit(host(changes))).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(expected),
    hint: expect.stringMatching(/\S/),
  });
});

test.each([
  ["no emulator", "arm64", { "qemu-system-aarch64": undefined }, /qemu-system-aarch64 was not found/],
  [
    "an emulator under which guests crash",
    "amd64",
    { "qemu-system-x86_64": "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" },
    /qemu-system-x86_64 is version 7\.2\.22/,
  ],
] as const)("%s stops the guests of %s alone", async (_what, architecture, changes, expected) => {
  const { obstacles } = await fit(host(changes));
  expect([...obstacles.keys()]).toEqual([architecture]);
  expect(obstacles.get(architecture)?.message).toMatch(expected);
});

test("a provider that was named must have its plugin", async () => {
  await expect(fit(host(), { asked: "parallels" })).rejects.toThrow(/vagrant-parallels.* not installed/);
});

test.each([
  [undefined, "libvirt"],
  ["virtualbox", "virtualbox"],
  ["parallels, virtualbox", "virtualbox"],
  ["parallels", "libvirt"],
])("with libvirt and VirtualBox there and %j preferred, Vagrant takes %s", async (preferred, expected) => {
  const both = host({ VBoxManage: "7.1.0" });
  const request = { guests: AMD64, ...(preferred === undefined ? {} : { preferred }) };
  await expect(fit(both, request)).resolves.toMatchObject({ provider: expected });
});

test("a provider that cannot emulate is refused for the other architecture only", async () => {
  const { obstacles } = await fit(host(), { asked: "virtualbox" });
  expect([...obstacles].map(([architecture, { message }]) => `${architecture}: ${message}`)).toEqual([
    "arm64: the provider virtualbox cannot emulate arm64 on this x86_64 host",
  ]);
  const amd64 = { asked: "virtualbox", guests: AMD64 };
  await expect(fit(host(), amd64)).resolves.toMatchObject({ provider: "virtualbox", emulators: {} });
});

test("with a real CPU under it, a guest does not care for QEMU's version", async () => {
  const old = host({ "/dev/kvm": "there", "qemu-system-x86_64": "QEMU emulator version 7.2.22" });
  await expect(fit(old, { guests: AMD64 })).resolves.toMatchObject({ emulators: {}, obstacles: new Map() });
});

test.each([undefined, "named"] as const)("Vagrant 2.3.4 does, with --boxes %s", async (boxes) => {
  await expect(fit(host({ vagrant: "Vagrant 2.3.4" }), { boxes })).resolves.toMatchObject({
    obstacles: new Map(),
  });
});

test("boxes that are made here are for libvirt alone", async () => {
  await expect(fit(host(), { boxes: "built", asked: "virtualbox", guests: AMD64 })).rejects.toMatchObject({
    kind: "usage",
    message: "--boxes built makes boxes for libvirt, and the provider is virtualbox",
  });
});

test.each([
  [undefined, "libvirt", undefined, "built"],
  [undefined, "libvirt", "/boxes/own.box", "named"],
  [undefined, "virtualbox", "", "named"],
  ["named", "libvirt", "", "named"],
] as const)(
  "with --boxes %s, provider %s and TARE_BOX_<ARCH> %j, the box is %4$s",
  (asked, provider, named, expected) => {
    expect(boxSourceOf(asked, provider, named)).toBe(expected);
  },
);

test("a libvirt that does not answer is said before a guest is begun", async () => {
  const says = "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock'\n";
  const dead = new FakeHost({
    programs: { vagrant: "/usr/bin/vagrant", virsh: "/usr/bin/virsh" },
    answer: (command, args) => {
      if (command === "virsh") return { exitCode: 1, stderr: says };
      return { stdout: args[0] === "plugin" ? "vagrant-libvirt (0.11.2, system)\n" : "Vagrant 2.4.1\n" };
    },
  });
  await expect(fit(dead)).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(/libvirt does not answer: error: Failed to connect/),
    hint: expect.stringContaining("systemctl start libvirtd"),
  });
});

test("Vagrant's plugin alone is not libvirt", async () => {
  await expect(fit(host({ virsh: undefined }))).rejects.toMatchObject({
    message: "libvirt is not installed",
    hint: expect.stringContaining("apt-get install --no-install-recommends libvirt-daemon-system"),
  });
});

test("the libvirt of the session is refused, with what to type", async () => {
  vi.stubEnv("LIBVIRT_DEFAULT_URI", "qemu:///session");
  await expect(fit(host())).rejects.toMatchObject({
    message: expect.stringContaining("LIBVIRT_DEFAULT_URI=qemu:///session"),
    hint: "unset LIBVIRT_DEFAULT_URI",
  });
  // Another provider does not care.
  await expect(fit(host(), { asked: "virtualbox", guests: AMD64 })).resolves.toBeDefined();
});

test("a full disk is named with what is free and what is needed", async () => {
  const full = host();
  full.freeBytes = () => Promise.resolve(value(100 * 2 ** 20));
  await expect(fit(full)).rejects.toThrow(/\/tare has 100 MiB free; a virtual machine needs 4096 there/);
});

test("a folder that is not there yet has the room of the one above it", async () => {
  const fresh = host();
  fresh.freeBytes = (path) => Promise.resolve(path === "/small" ? value(2 ** 20) : missing("ENOENT"));
  const roomIn = (folder: string) => ({ roomsOf: () => [{ ...ROOM, folder }] });
  await expect(fit(fresh, roomIn("/small/not/yet"))).rejects.toThrow(/\/small\/not\/yet has 1 MiB free/);
  await expect(fit(fresh, roomIn("/else"))).resolves.toBeDefined();
});

/** An x86_64 host by what `test` says of /dev/kvm. */
const linux = (kvm: "absent" | "forbidden" | "usable"): FakeHost =>
  new FakeHost({
    programs: { vagrant: "/usr/bin/vagrant", "qemu-system-x86_64": "/usr/bin/qemu-system-x86_64" },
    answer: (command, args) => {
      if (command === "test")
        return { exitCode: kvm === "usable" || (kvm === "forbidden" && args[0] === "-e") ? 0 : 1 };
      if (command === "vagrant")
        return { stdout: args[0] === "plugin" ? "vagrant-qemu (0.3.6)\n" : "Vagrant 2.4.1\n" };
      return { stdout: command === "uname" ? "Linux\n" : "QEMU emulator version 10.0.2\n" };
    },
  });

test.each<["absent" | "forbidden" | "usable", string, Accelerator]>([
  ["usable", "libvirt", "kvm"],
  ["usable", "qemu", "kvm"],
  // libvirt's QEMU runs as another user.
  ["forbidden", "libvirt", "kvm"],
  ["forbidden", "qemu", "tcg"],
  ["absent", "libvirt", "tcg"],
  ["absent", "virtualbox", "native"],
])("/dev/kvm that is %s means for %s: %s", async (kvm, provider, expected) => {
  expect(await acceleratorFor(linux(kvm), "amd64", provider, undefined)).toBe(expected);
  expect(await acceleratorFor(linux(kvm), "arm64", provider, undefined)).toBe("tcg");
});

test("what TARE_VM_ACCEL says wins over what the host has, but no host runs a foreign architecture", async () => {
  expect(await acceleratorFor(linux("usable"), "amd64", "libvirt", "tcg")).toBe("tcg");
  expect(await acceleratorFor(linux("absent"), "amd64", "libvirt", "kvm")).toBe("kvm");
  expect(await acceleratorFor(linux("usable"), "arm64", "libvirt", "kvm")).toBe("tcg");
  await expect(acceleratorFor(linux("usable"), "amd64", "libvirt", "xen")).rejects.toThrow(
    /TARE_VM_ACCEL xen: not known/,
  );
});

test("a /dev/kvm that this user may not use is said, instead of emulating without a word", async () => {
  const request = { guests: AMD64 };
  const { obstacles } = await fit(linux("forbidden"), request);
  expect(obstacles.get("amd64")).toMatchObject({
    message: "/dev/kvm is there, but you may not use it, so amd64 would be emulated",
    hint: expect.stringMatching(/usermod -aG kvm.*TARE_VM_ACCEL=tcg/),
  });
  await expect(fit(linux("forbidden"), { ...request, accelerator: "tcg" })).resolves.toMatchObject({
    obstacles: new Map(),
  });
  await expect(fit(linux("absent"), request)).resolves.toMatchObject({ emulators: { amd64: "10.0.2" } });
});

test("Node for Intel on Apple silicon does not take the machine for one with an Intel CPU", async () => {
  const rosetta = new FakeHost({
    arch: "x86_64",
    answer: (command) => ({ stdout: command === "uname" ? "Darwin\n" : "1\n" }),
  });
  expect(await acceleratorFor(rosetta, "arm64", "qemu", undefined)).toBe("hvf");
  expect(await acceleratorFor(rosetta, "amd64", "qemu", undefined)).toBe("tcg");
});
