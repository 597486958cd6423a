/** What the Vagrantfile makes of commands, settings and providers, by Ruby alone; no guest is made. Vagrant itself reads it in test/machines/lab. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { CLONE } from "../../../src/machines/clone.ts";
import { has } from "../../../src/machines/images/shell.ts";
import { placeOfBox } from "../../../src/machines/images/box.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();
const HERE = "test/machines/vagrantfile";

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

/** Nothing set: what this machine's user has set decides nothing. */
const PLAIN = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(TARE_|VAGRANT_|LIBVIRT_)/.test(name) || name === "TARE_VM_CACHE",
  ),
);

const ruby = async (script: string, args: readonly string[], env: Environment = {}): Promise<Ended> =>
  await new Promise((settle) => {
    execFile(
      "ruby",
      ["-I", join(HERE, "fake"), join(HERE, script), ...args],
      { cwd: CLONE, env: { ...PLAIN, ...env } },
      (error, stdout, stderr) => {
        settle({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });

const needRuby = async (ctx: TestContext): Promise<void> => {
  ctx.skip(!(await has("ruby")), "ruby is not installed");
};

interface Effective {
  readonly box: string;
  readonly version: string | null;
  readonly url: readonly string[] | null;
  readonly bootTimeout: number;
  readonly guest: string | null;
  readonly provisioners: readonly string[];
  readonly bench: { readonly path: string; readonly env: Environment };
  readonly agents: string | null;
  readonly kernel: string | null;
  readonly driver: string | null;
  readonly serial: readonly string[] | null;
  readonly trouble: string | null;
}
type Guests = Readonly<Record<"amd64" | "arm64", Effective>>;

const effective = async (
  command: string,
  providers: string,
  env: Environment = {},
): Promise<Readonly<Record<string, Guests>>> => {
  const ended = await ruby("effective.rb", [command, ...providers.split(" ")], env);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return JSON.parse(ended.stdout) as Record<string, Guests>;
};

const [HOST, NATIVE, FOREIGN] =
  process.arch === "x64" ? (["x86_64", "amd64", "arm64"] as const) : (["aarch64", "arm64", "amd64"] as const);
const OWN = join(folder, "own.box");
writeFileSync(OWN, "a box");

describe("which box", () => {
  test("with nothing set, libvirt gets one that is made here, and all that the guest cannot fetch", async (ctx) => {
    await needRuby(ctx);
    const { libvirt } = await effective("up", "-");
    for (const architecture of ["amd64", "arm64"] as const) {
      const { path } = await placeOfBox(architecture, undefined);
      expect(libvirt?.[architecture]).toMatchObject({
        box: expect.stringMatching(new RegExp(`^tare/debian-${architecture}-6\\.12-[0-9a-f]{16}$`)) as string,
        url: [path],
        guest: "debian",
        provisioners: ["payload", "bench"],
        bench: { env: { TARE_INSTALL_AGENTS: "no" } },
        trouble: null,
      });
    }
    const named = await effective("up amd64", "libvirt", { TARE_AGENTS: "fatrace" });
    expect(named["libvirt"]?.amd64.bench.env).toMatchObject({ TARE_INSTALL_AGENTS: "yes" });
    const older = await effective("up amd64", "libvirt", { TARE_VM_KERNEL: "6.1" });
    expect(older["libvirt"]?.amd64.url).toEqual([(await placeOfBox("amd64", "6.1")).path]);
    expect(older["libvirt"]?.amd64.provisioners).not.toContain("kernel");
  });

  test("Vagrant finds out by itself what is in a box of somebody's own", async (ctx) => {
    await needRuby(ctx);
    const { libvirt } = await effective("up", "libvirt", { TARE_BOX_AMD64: "some/box" });
    expect(libvirt).toMatchObject({ amd64: { guest: null }, arm64: { guest: "debian" } });
  });

  test.for(["status", "provision"])(
    "vagrant %s asks nobody which box that would be",
    async (command, ctx) => {
      await needRuby(ctx);
      const { libvirt } = await effective(command, "libvirt");
      expect(libvirt?.amd64).toMatchObject({ box: "tare/debian-amd64", url: null, trouble: null });
    },
  );

  test("a guest that is not brought up costs nothing", async (ctx) => {
    await needRuby(ctx);
    const { libvirt } = await effective(`up ${NATIVE}`, "libvirt", {
      [`TARE_BOX_${FOREIGN.toUpperCase()}`]: "/gone.box",
    });
    expect(libvirt?.[NATIVE].url).toEqual([(await placeOfBox(NATIVE, undefined)).path]);
    expect(libvirt?.[FOREIGN]).toMatchObject({ url: ["/gone.box"], trouble: null });
  });

  test("without Debian's archive to make one from, the hub's is taken", async (ctx) => {
    await needRuby(ctx);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const path of (process.env["PATH"] ?? "").split(":").map((one) => join(one, "ruby")))
      if (existsSync(path) && !existsSync(join(bin, "ruby"))) symlinkSync(path, join(bin, "ruby"));
    const { libvirt } = await effective("up", "libvirt", { PATH: bin });
    expect(libvirt?.amd64).toMatchObject({
      box: "tare/cloud-image-debian-12-amd64",
      provisioners: ["bench"],
    });
  });

  test.for([
    [
      "2.3.4",
      "virtualbox",
      "bento-debian-12",
      "bento/boxes/debian-12/versions/202510.26.0/providers/virtualbox",
    ],
    [
      "2.4.9",
      "virtualbox",
      "bento-debian-12",
      "bento/boxes/debian-12/versions/202510.26.0/providers/virtualbox",
    ],
    [
      "2.3.4",
      "qemu",
      "cloud-image-debian-12",
      "cloud-image/boxes/debian-12/versions/20260909.2596.0/providers/qemu",
    ],
  ] as const)(
    "Vagrant %s with %s gets a box of one architecture, in a version that does not change",
    async ([version, provider, name, address], ctx) => {
      await needRuby(ctx);
      const env = { TARE_TEST_VAGRANT_VERSION: version, VAGRANT_DEFAULT_PROVIDER: provider };
      const told = await effective("up", provider, env);
      for (const architecture of ["amd64", "arm64"] as const) {
        const guest = told[provider]?.[architecture];
        expect(guest?.box).toBe(`tare/${name}-${architecture}`);
        expect(guest?.provisioners).toEqual(["bench"]);
        const catalogue = JSON.parse(readFileSync(guest?.url?.[0] ?? "", "utf8")) as object;
        expect(catalogue).toMatchObject({
          name: guest?.box,
          versions: [
            {
              version: guest?.version,
              providers: expect.arrayContaining([
                {
                  name: provider,
                  architecture,
                  default_architecture: true,
                  url: `https://vagrantcloud.com/${address}/${architecture}/vagrant.box`,
                },
              ]) as object,
            },
          ],
        });
      }
    },
  );

  test("a checksum that is given goes with the hub's box", async (ctx) => {
    await needRuby(ctx);
    const sum = "a".repeat(64);
    const told = await effective("up", "virtualbox", {
      VAGRANT_DEFAULT_PROVIDER: "virtualbox",
      TARE_BOX_AMD64_SHA256: sum,
    });
    const catalogue = readFileSync(told["virtualbox"]?.amd64.url?.[0] ?? "", "utf8");
    expect(catalogue).toContain(`"checksum_type":"sha256","checksum":"${sum}"`);
    expect(readFileSync(told["virtualbox"]?.arm64.url?.[0] ?? "", "utf8")).not.toContain("checksum");
  });

  test("Vagrant 2.4 chooses by itself where the publisher deletes old boxes, unless a version is given", async (ctx) => {
    await needRuby(ctx);
    const env = { TARE_TEST_VAGRANT_VERSION: "2.4.9", VAGRANT_DEFAULT_PROVIDER: "qemu" };
    const { qemu } = await effective("up", "qemu", { ...env, TARE_BOX_ARM64_VERSION: "20260101.1.0" });
    expect(qemu?.amd64).toMatchObject({
      box: "cloud-image/debian-12",
      version: ">= 20250703.2162.0",
      url: null,
    });
    expect(qemu?.arm64).toMatchObject({ box: "tare/cloud-image-debian-12-arm64", version: "20260101.1.0" });
  });

  test("a box that was named is used as it is", async (ctx) => {
    await needRuby(ctx);
    const { libvirt } = await effective("up", "-", {
      TARE_BOX_AMD64: OWN,
      TARE_BOX_ARM64: "some/box",
      TARE_BOX_ARM64_VERSION: "1.2",
      TARE_PAYLOAD_AMD64: OWN,
      TARE_VM_SERIAL: "/serial.log",
    });
    expect(libvirt?.amd64).toMatchObject({
      box: "tare/own",
      version: null,
      url: [OWN],
      provisioners: ["payload", "bench"],
      serial: ["/serial.log"],
    });
    expect(libvirt?.arm64).toMatchObject({
      box: "some/box",
      version: "1.2",
      url: null,
      provisioners: ["bench"],
    });
  });
});

describe("settings", () => {
  test("a foreign guest knows what it is and gets more time, whatever the provider", async (ctx) => {
    await needRuby(ctx);
    const told = await effective("status", "libvirt virtualbox", { TARE_VM_ACCEL: "tcg" });
    for (const guests of Object.values(told)) {
      expect(guests[FOREIGN].bench.env).toMatchObject({
        TARE_GUEST_OF: `${HOST}/tcg`,
        TARE_TIMEOUT_SCALE: "5",
      });
      expect(guests[FOREIGN].bootTimeout).toBe(600);
    }
    expect(told["virtualbox"]?.[NATIVE].bench.env).toMatchObject({
      TARE_GUEST_OF: `${HOST}/virtualbox`,
      TARE_TIMEOUT_SCALE: "",
    });
    expect(told["libvirt"]?.[NATIVE]).toMatchObject({
      driver: "qemu",
      bench: { env: { TARE_GUEST_OF: `${HOST}/tcg` } },
    });
    const scaled = await effective("status", "libvirt", { TARE_VM_TIMEOUT_SCALE: "7.5" });
    expect(scaled["libvirt"]?.[NATIVE].bench.env).toMatchObject({ TARE_TIMEOUT_SCALE: "7.5" });
  });

  test("everything that a guest is given comes before its run", async (ctx) => {
    await needRuby(ctx);
    mkdirSync(join(folder, "releases/amd64/tetragon"), { recursive: true });
    const told = await effective("up", "virtualbox", {
      VAGRANT_DEFAULT_PROVIDER: "virtualbox",
      TARE_VM_KERNEL: "6.12",
      TARE_BUDGET: OWN,
      TARE_PAYLOAD_AMD64: OWN,
      TARE_VM_AGENTS_FROM: join(folder, "releases"),
    });
    expect(told["virtualbox"]?.amd64).toMatchObject({
      provisioners: ["kernel", "payload", "budget", "agents", "bench"],
      kernel: "6.12",
      agents: `${folder}/releases/amd64/.`,
    });
    // There is none for it.
    expect(told["virtualbox"]?.arm64.provisioners).toEqual(["kernel", "budget", "bench"]);
  });

  test.for([
    ["TARE_BOX_ARM64", "/no/such.box", /no such file; `sh scripts\/tare\.sh vms box --arch arm64` makes one/],
    [
      "TARE_PAYLOAD_ARM64",
      "/no/such",
      /no such file; `sh scripts\/tare\.sh vms payload --arch arm64` makes one/,
    ],
    ["TARE_VM_TIMEOUT_SCALE", "0.5", /not a factor of 1 or more/],
    ["TARE_VM_MEMORY", "lots", /not a whole number/],
  ] as const)(
    "what %s stops is said by `vagrant validate`, and by nothing that removes",
    async ([name, text, said], ctx) => {
      await needRuby(ctx);
      const bad = { [name]: text };
      const refused = await ruby("effective.rb", ["validate", "libvirt"], bad);
      expect(refused.stderr).toMatch(said);
      expect(refused.status).not.toBe(0);
      expect(await effective("destroy -f", "libvirt", bad)).toHaveProperty("libvirt");
    },
  );

  test("what stops one guest waits for its turn", async (ctx) => {
    await needRuby(ctx);
    const { libvirt } = await effective("up", "libvirt", { TARE_BOX_ARM64: "/no/such.box" });
    expect(libvirt?.arm64.trouble).toMatch(/no such file/);
    expect(libvirt?.amd64.trouble).toBeNull();
  });
});

describe("a guest's turn", () => {
  const standIn = async (words: string, env: Environment = {}): Promise<Ended> =>
    await ruby("stand-in.rb", words.split(" "), env);

  test("one that fails costs the next nothing, and the command fails at its end", async (ctx) => {
    await needRuby(ctx);
    const ended = await standIn("turns amd64=no-room arm64=well");
    expect(ended).toMatchObject({
      status: 1,
      stdout: "error: no-room\narm64 is up\n",
      stderr: "amd64: no-room\n",
    });
    expect(await standIn("turns amd64=well arm64=well")).toMatchObject({ status: 0, stderr: "" });
  });

  test("an interruption ends all", async (ctx) => {
    await needRuby(ctx);
    const ended = await standIn("turns amd64=interrupted arm64=well");
    expect(ended.stdout).toBe("");
    expect(ended.status).not.toBe(0);
  });

  test("a run that ended badly is named, and the next guest is measured", async (ctx) => {
    await needRuby(ctx);
    const ended = await standIn("fetch - 4 139 0");
    expect(ended.stdout).toMatch(
      /exit code 0; it ran in box some\/box 7 \(libvirt\)\nbox: some\/box 7 \(libvirt\)/,
    );
    expect(ended.stderr).toMatch(
      /guest1: the bench in guest1 did not end well: exit code 4\. bench\.log in \S+ says more; `vagrant provision guest1` measures again/,
    );
    expect(ended.stderr).toMatch(/guest2 did not end well: it was killed by SIGSEGV \(exit code 139\)/);
    expect(ended.stderr).toMatch(/guest0 did not end well: it left no exit code/);
    expect(ended.status).toBe(1);
    expect(await standIn("fetch 0 1 5")).toMatchObject({ status: 0, stderr: "" });
  });

  test("a guest is booted again only where another kernel runs", async (ctx) => {
    await needRuby(ctx);
    const [old, asked] = ["6.1.0-40-cloud-amd64", "6.12.43+deb12-cloud-amd64"];
    expect((await standIn(`kernel ${asked}`)).stdout).toBe(
      `info: kernel ${asked} is of series 6.12 already\n`,
    );
    expect((await standIn(`kernel ${old} ${asked}`)).stdout).toBe(
      `upload kernel.sh\nsudo sh /tmp/tare-kernel.sh 6.12 bookworm-backports\ndetail: guest: said\ncapability reboot\ninfo: kernel ${asked} was booted\n`,
    );
    expect((await standIn(`kernel ${old} ${old}`)).stdout).toContain(
      `raised: guest booted kernel ${old}, not one of series 6.12`,
    );
  });

  test("what a provider cannot do is said", async (ctx) => {
    await needRuby(ctx);
    expect((await standIn(`ahead ${FOREIGN} virtualbox`)).stdout).toMatch(
      /obstacle: virtualbox cannot emulate/,
    );
    const session = await standIn(`ahead ${NATIVE} libvirt`, { LIBVIRT_DEFAULT_URI: "qemu:///session" });
    expect(session.stdout).toMatch(
      /obstacle: LIBVIRT_DEFAULT_URI=qemu:\/\/\/session names .*`LIBVIRT_DEFAULT_URI=qemu:\/\/\/system vagrant up`/,
    );
    const old = join(folder, "old");
    mkdirSync(old, { recursive: true });
    for (const machine of ["x86_64", "aarch64"]) {
      const program = join(old, `qemu-system-${machine}`);
      writeFileSync(program, "#!/bin/sh\necho QEMU emulator version 7.2.22\n");
      chmodSync(program, 0o755);
    }
    const aged = await standIn(`ahead ${FOREIGN} libvirt`, { PATH: `${old}:${process.env["PATH"] ?? ""}` });
    expect(aged.stdout).toMatch(/obstacle: \nwarning: qemu-system-\S+ is version 7\.2\.22/);
  });

  test.for([
    [
      "/srv/other running",
      /^tare-amd64 runs: .*the checkout \/srv\/other, .*`cd \/srv\/other && vagrant destroy -f amd64`/,
    ],
    [
      "here shut",
      /^tare-amd64 is there, shut off, made from this checkout by other means: `sh scripts\/tare\.sh vms destroy`/,
    ],
    ["- running", /^tare-amd64 runs: the virtual machine of somebody else.*TARE_VM_PREFIX/],
  ] as const)(
    "a virtual machine of the same name is named with its owner: %s",
    async ([words, said], ctx) => {
      await needRuby(ctx);
      expect((await standIn(`namesake ${words}`)).stdout).toMatch(said);
    },
  );

  test("a box that was cut off in the middle is not used", async (ctx) => {
    await needRuby(ctx);
    const cut = join(folder, "cut.box");
    writeFileSync(cut, "half");
    expect((await standIn(`damaged ${cut}`)).stdout).toBe("damaged: \n");
    writeFileSync(`${cut}.sha256`, `${"0".repeat(64)}  cut.box\n`);
    expect((await standIn(`damaged ${cut}`)).stdout).toMatch(
      /cut\.box does not match the expected checksum, .*`sh scripts\/tare\.sh vms box --arch amd64` makes it again/,
    );
  });

  test("QEMU's user reads what lies in folders that are open to all", async (ctx) => {
    await needRuby(ctx);
    const home = join(folder, "home");
    mkdirSync(join(home, "boxes"), { recursive: true });
    chmodSync(folder, 0o755);
    const kernel = join(home, "boxes/vmlinuz");
    writeFileSync(kernel, "", { mode: 0o644 });
    expect((await standIn(`reach ${kernel}`)).stdout).toBe(`${kernel}: true\n`);
    chmodSync(home, 0o700);
    expect((await standIn(`reach ${kernel}`)).stdout).toBe(`${kernel}: false\n`);
  });

  test("a guest's UEFI variables go with it, and what is kept is named", async (ctx) => {
    await needRuby(ctx);
    const variables = join(folder, "VARS.fd");
    writeFileSync(variables, "");
    expect((await standIn(`leave ${variables}`)).stdout).toMatch(
      /info: kept for the next time: box some\/box 7 \(libvirt\), .* begin with some-VAGRANTSLASH-box_vagrant_box_image_7 .*\ngone\n/,
    );
  });
});
