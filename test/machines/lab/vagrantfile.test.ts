/** What the Vagrantfile makes of providers and settings, asked of Vagrant itself in the lab. No guest is made. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, inLab, obstacle } from "./lab.ts";

const MINUTES = 60_000;
/** Below the checkout, because that is what the lab shares with this machine. */
const FOLDER = join(ROOT, "build/vms", `test-vagrantfile-${process.pid}`);
const BOX = join(FOLDER, "own.box");

interface Effective {
  readonly box: string;
  readonly version: string | null;
  readonly url: readonly string[] | null;
  readonly bootTimeout: number;
  readonly provisioners: readonly string[];
  readonly bench: { readonly path: string; readonly env: Readonly<Record<string, string>> };
  readonly agents: string | null;
  readonly kernel: string | null;
  readonly driver: string | null;
  readonly serial: readonly string[] | null;
}
type Guests = Readonly<Record<"amd64" | "arm64", Effective>>;

/** The machine's own, as this machine's Node says it. */
const [HOST, NATIVE, FOREIGN] =
  process.arch === "x64" ? (["x86_64", "amd64", "arm64"] as const) : (["aarch64", "arm64", "amd64"] as const);
const PLAIN = {
  TARE_BOX_AMD64: "",
  TARE_BOX_ARM64: "",
  TARE_PAYLOAD_AMD64: "",
  TARE_PAYLOAD_ARM64: "",
  TARE_TEST_AS_2_4: "yes",
};

const effective = async (
  providers: string,
  env: Readonly<Record<string, string>> = PLAIN,
): Promise<Readonly<Record<string, Guests>>> => {
  const ended = await inLab(`ruby test/machines/lab/effective.rb ${providers}`, { env });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return JSON.parse(ended.stdout) as Record<string, Guests>;
};

beforeAll(() => {
  mkdirSync(join(FOLDER, "releases/amd64/tetragon"), { recursive: true });
  writeFileSync(BOX, "");
});
afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

test("each provider gets its own box, whichever Vagrant would choose", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const told = await effective("- qemu virtualbox");
  expect(Object.keys(told)).toEqual(["libvirt", "qemu", "virtualbox"]);
  for (const guest of ["amd64", "arm64"] as const) {
    const cloud = { box: "cloud-image/debian-12", version: expect.stringMatching(/^>= /) as string };
    expect(told["libvirt"]?.[guest]).toMatchObject(cloud);
    expect(told["qemu"]?.[guest]).toMatchObject(cloud);
    expect(told["virtualbox"]?.[guest]).toMatchObject({
      box: "bento/debian-12",
      version: expect.stringMatching(/^\d/),
    });
  }
});

test(
  "a foreign guest knows what it is and gets more time, whatever the provider",
  { timeout: MINUTES },
  async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    for (const guests of Object.values(await effective("- virtualbox"))) {
      expect(guests[FOREIGN].bench.env).toMatchObject({
        TARE_GUEST_OF: `${HOST}/tcg`,
        TARE_TIMEOUT_SCALE: "5",
      });
      expect(guests[FOREIGN].bootTimeout).toBe(600);
    }
    const { virtualbox } = await effective("virtualbox");
    expect(virtualbox?.[NATIVE].bench.env).toMatchObject({
      TARE_GUEST_OF: `${HOST}/virtualbox`,
      TARE_TIMEOUT_SCALE: "",
    });
    const scaled = await effective("libvirt", { ...PLAIN, TARE_VM_TIMEOUT_SCALE: "7.5" });
    expect(scaled["libvirt"]?.[NATIVE].bench.env).toMatchObject({ TARE_TIMEOUT_SCALE: "7.5" });
  },
);

test("TARE_VM_ACCEL=tcg wins over a /dev/kvm", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const { libvirt } = await effective("libvirt", { ...PLAIN, TARE_VM_ACCEL: "tcg" });
  expect(libvirt?.[NATIVE]).toMatchObject({
    driver: "qemu",
    bench: { env: { TARE_GUEST_OF: `${HOST}/tcg` } },
  });
});

test("a box of our own is the same for libvirt as it always was", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const env = {
    TARE_BOX_AMD64: BOX,
    TARE_BOX_ARM64: BOX,
    TARE_PAYLOAD_AMD64: BOX,
    TARE_PAYLOAD_ARM64: BOX,
    TARE_VM_SERIAL: "/serial.log",
  };
  const { libvirt } = await effective("-", env);
  expect(libvirt?.arm64).toMatchObject({
    box: "tare/own",
    version: null,
    url: [`file://${BOX}`],
    provisioners: ["payload", "bench"],
    bench: { path: "scripts/machines/guest/bench.sh" },
    serial: ["/serial.log"],
  });
});

test("everything that a guest is given comes before its run", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const { libvirt } = await effective("libvirt", {
    ...PLAIN,
    TARE_VM_KERNEL: "6.12",
    TARE_BUDGET: BOX,
    TARE_VM_AGENTS_FROM: join(FOLDER, "releases"),
  });
  expect(libvirt?.amd64).toMatchObject({
    provisioners: ["kernel", "budget", "agents", "bench"],
    kernel: "6.12",
    agents: `${FOLDER}/releases/amd64/.`,
  });
  // There is none for it.
  expect(libvirt?.arm64.provisioners).toEqual(["kernel", "budget", "bench"]);
});

test("before Vagrant 2.4 a box of several architectures is refused", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const none = { TARE_BOX_AMD64: "", TARE_BOX_ARM64: "" };
  const refused = await inLab("vagrant validate --no-color", { env: none });
  expect(refused.stdout + refused.stderr).toMatch(/cannot choose amd64.*--boxes built/);
  expect(refused.status).not.toBe(0);
  const single = { TARE_BOX_AMD64: "debian/bookworm64", TARE_BOX_ARM64: BOX };
  expect(await inLab("vagrant validate --no-color", { env: single })).toMatchObject({ status: 0 });
  expect(await inLab("vagrant destroy --force --no-color", { env: none })).toMatchObject({ status: 0 });
});

test(
  "a run that ended badly does not keep the next guest from being measured",
  { timeout: MINUTES },
  async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab("ruby test/machines/lab/stand-in.rb fetch 4 - 0");
    expect(ended.stdout).toMatch(
      /warn: the bench in guest0 did not end well[^]*warn: the bench in guest1 did not end well[^]*info: [^\n]*exit code 0; it ran in box some\/box 7 \(libvirt\)\nbox: some\/box 7 \(libvirt\)/,
    );
    expect(ended.stderr).toMatch(/guest0 did not end well[^]*guest1 did not end well/);
    expect(ended.status).toBe(1);
    expect(await inLab("ruby test/machines/lab/stand-in.rb fetch 0 1 5")).toMatchObject({ status: 0 });
  },
);

test("a guest is booted again only where another kernel runs", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const kernel = async (...kernels: readonly string[]): Promise<string> =>
    (await inLab(`ruby test/machines/lab/stand-in.rb kernel ${kernels.join(" ")}`)).stdout;
  expect(await kernel("6.12.43+deb12-cloud-amd64")).toBe(
    "info: kernel 6.12.43+deb12-cloud-amd64 is of series 6.12 already\n",
  );
  expect(await kernel("6.1.0-40-cloud-amd64", "6.12.43+deb12-cloud-amd64")).toBe(
    "upload kernel.sh\nsudo sh /tmp/tare-kernel.sh 6.12 bookworm-backports\ndetail: guest: said\ncapability reboot\ninfo: kernel 6.12.43+deb12-cloud-amd64 was booted\n",
  );
  expect(await kernel("6.1.0-40-cloud-amd64", "6.1.0-40-cloud-amd64")).toMatch(
    /raised: guest booted kernel 6\.1\.0-40-cloud-amd64, not one of series 6\.12/,
  );
});

test("what a provider cannot do is said before a guest is made", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const ahead = async (words: string, before = ":"): Promise<string> =>
    (await inLab(`${before}; ruby test/machines/lab/stand-in.rb ahead ${words}`)).stdout;
  expect(await ahead(`${FOREIGN} virtualbox`)).toMatch(/obstacle: virtualbox cannot emulate/);
  expect(await ahead(`${FOREIGN} libvirt`)).toBe("obstacle: \nwarning: \n");
  // Debian's QEMU has no firmware for arm64 under the names that vagrant-qemu wants; Homebrew's has.
  expect(await ahead("arm64 qemu")).toMatch(/obstacle: vagrant-qemu needs edk2-aarch64-code\.fd/);
  expect(await ahead("arm64 qemu", "touch /usr/share/qemu/edk2-{aarch64-code,arm-vars}.fd")).toMatch(
    /^obstacle: $/m,
  );
  const old =
    "mv /usr/bin/qemu-system-aarch64 /usr/bin/qemu-system-x86_64 /tmp; for name in aarch64 x86_64; do printf '#!/bin/sh\\necho QEMU emulator version 7.2.22\\n' >/usr/bin/qemu-system-$name; chmod +x /usr/bin/qemu-system-$name; done";
  expect(await ahead(`${FOREIGN} libvirt`, old)).toMatch(/warning: qemu-system-\S+ is version 7\.2\.22/);
});

test("a guest's UEFI variables go with it, and what is kept is named", { timeout: MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const leave = "touch /root/VARS.fd; ruby test/machines/lab/stand-in.rb leave /root/VARS.fd";
  expect((await inLab(leave)).stdout).toMatch(
    /info: kept for the next time: box some\/box 7 \(libvirt\), .* begins with some-VAGRANTSLASH-box_vagrant_box_image_7 .*\ngone\n/,
  );
  const other =
    "mkdir -m 700 /root/of; touch /root/of/VARS.fd; chmod 711 /root; setpriv --reuid 65534 --clear-groups ruby test/machines/lab/stand-in.rb leave /root/of/VARS.fd";
  expect((await inLab(other)).stdout).toContain("to remove them: sudo rm -f /root/of/VARS.fd");
});
