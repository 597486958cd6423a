/** The Vagrantfile as Vagrant itself reads it, and `vagrant up` with nothing set; test/machines/vagrantfile has what needs no Vagrant. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeOfBox } from "../../../src/machines/images/box.ts";
import { readRecord } from "../../../src/record/reader.ts";
import { quoted } from "../../../src/cli/vms/settings.ts";
import { viewOf } from "../../../src/session/view.ts";
import { ROOT, inLab, obstacle } from "./lab.ts";

const MINUTES = 60_000;
/** What test-vagrant.sh exports for `tare vms run` is not there for who types `vagrant up`. */
const PLAIN = { TARE_BOX_AMD64: "", TARE_BOX_ARM64: "", TARE_PAYLOAD_AMD64: "", TARE_PAYLOAD_ARM64: "" };

interface Effective {
  readonly box: string;
  readonly version: string | null;
  readonly url: readonly string[] | null;
  readonly provisioners: readonly string[];
}
type Guests = Readonly<Record<"amd64" | "arm64", Effective>>;

test(
  "each provider gets its own box, whichever Vagrant would choose",
  { timeout: 2 * MINUTES },
  async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab("ruby test/machines/vagrantfile/effective.rb up - virtualbox", { env: PLAIN });
    expect(ended.status).toBe(0);
    const told = JSON.parse(ended.stdout) as Record<string, Guests>;
    expect(Object.keys(told)).toEqual(["libvirt", "virtualbox"]);
    for (const guest of ["amd64", "arm64"] as const) {
      expect(told["libvirt"]?.[guest]).toMatchObject({
        url: [(await placeOfBox(guest, undefined)).path],
        provisioners: ["payload", "bench"],
      });
      expect(told["virtualbox"]?.[guest]).toMatchObject({
        box: `tare/bento-debian-12-${guest}`,
        version: expect.stringMatching(/^\d/) as string,
        url: [join(ROOT, `build/vms/boxes/bento-debian-12-virtualbox-${guest}.json`)],
      });
    }
  },
);

test("Vagrant takes the catalogue of a box of the hub for one", { timeout: 2 * MINUTES }, async (ctx) => {
  const reason = obstacle();
  ctx.skip(reason !== undefined, reason);
  const env = { ...PLAIN, VAGRANT_DEFAULT_PROVIDER: "libvirt", TARE_BOX_AMD64: "cloud-image/debian-12" };
  // There is no network in the lab, so the address that it would fetch is what it says.
  const ended = await inLab("vagrant up amd64 --no-color", { env });
  expect(ended.stdout).toMatch(
    /Adding box 'tare\/cloud-image-debian-12-amd64' \(v[\d.]+\) for provider: libvirt[^]*versions\/[\d.]+\/providers\/libvirt\/amd64\/vagrant\.box/,
  );
  expect(ended.stderr).toMatch(/^amd64: .*error.*download/ims);
  expect(ended.status).toBe(1);
});

test(
  "what is wrong with one guest is said of it alone, and stands in the way of nothing that removes",
  { timeout: 5 * MINUTES },
  async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const good = await inLab("vagrant validate --no-color", { env: PLAIN });
    expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining("validated successfully") });
    const env = { ...PLAIN, TARE_BOX_AMD64: "/no/such.box", TARE_BOX_ARM64: "/none/either.box" };
    const ended = await inLab(
      "vagrant up --no-color; code=$?; vagrant status --no-color && vagrant destroy -f --no-color && exit $code",
      { env },
    );
    for (const guest of ["amd64", "arm64"]) {
      expect(ended.stderr).toMatch(
        new RegExp(`^${guest}: TARE_BOX_${guest.toUpperCase()}=\\S+: no such file`, "m"),
      );
      expect(ended.stdout).toMatch(new RegExp(`^${guest} +not created \\(libvirt\\)`, "m"));
    }
    expect(ended.status).toBe(1);
  },
);

test(
  "a virtual machine of another checkout is named, with the next command",
  { timeout: 5 * MINUTES },
  async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const xml =
      "<domain type='qemu'><name>tare-amd64</name><description>Source: /srv/other/Vagrantfile</description><memory>65536</memory><os><type arch='x86_64'>hvm</type></os></domain>";
    const ended = await inLab(
      `echo "${xml}" >/root/other.xml; virsh -q -c qemu:///system define /root/other.xml; vagrant up amd64 --no-color`,
      { env: PLAIN },
    );
    expect(ended.stderr).toMatch(
      /^amd64: tare-amd64 is there, shut off: .*`cd \/srv\/other && vagrant destroy -f amd64`/m,
    );
    expect(ended.status).toBe(1);
  },
);

test(
  "`vagrant up amd64` with nothing set measures, also after its harness was killed, and `vagrant destroy` leaves nothing",
  { timeout: 30 * MINUTES },
  async (ctx) => {
    const reason = obstacle("amd64");
    ctx.skip(reason !== undefined, reason);
    const results = join(ROOT, "build/vms", `test-up-${process.pid}`);
    const env = {
      ...PLAIN,
      TARE_PROFILE: "smoke",
      TARE_AGENTS: "sensor",
      TARE_BENCH_ARGUMENTS: "--scenarios file-open",
      TARE_RESULTS: results,
      TARE_RUN: "up",
    };
    // QEMU as the user that libvirt has for it, who may not look into root's home, where Vagrant unpacks the box.
    const asUsual = String.raw`daemon=$(cat /run/libvirtd.pid); kill $daemon
      while kill -0 $daemon 2>/dev/null; do sleep 0.2; done
      sed -i 's/^\(user\|group\) = .*/\1 = "libvirt-qemu"/' /etc/libvirt/qemu.conf
      libvirtd -d
      until virsh -c qemu:///system uri >/dev/null 2>&1; do sleep 0.2; done`;
    // As Node dies now and then on an emulated CPU; once the record has begun.
    const kill = `sudo sh -c 'until test -s /srv/tare/results/up.amd64/record.jsonl; do sleep 1; done; pkill -SEGV -f "[s]rc/cli/main.ts run"'`;
    const ended = await inLab(
      `${asUsual}
      vagrant up amd64 --no-color >/root/up.log & up=$!
      tail -f --pid=$up /root/up.log &
      until grep -q "measuring .* about" /root/up.log; do kill -0 $up || break; sleep 1; done
      vagrant ssh amd64 --no-color -c ${quoted(kill)} || echo "nothing was killed" >&2
      wait $up; code=$?
      vagrant destroy -f --no-color
      virsh -q -c qemu:///system list --all --name | xargs echo domains:
      exit $code`,
      { env },
    );
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/\ndomains:\n$/) as string });
    expect(ended.stdout).toMatch(
      /amd64: measuring baseline, sensor on file-open: at most \d+ blocks?, about/,
    );
    expect(ended.stdout).toMatch(/the harness was killed by SIGSEGV: cleaning up, then running it once more/);
    const run = join(results, "up.amd64");
    const record = await readRecord(join(run, "record.jsonl"));
    expect(record.header.host).toMatchObject({ arch: "x86_64", emulated: true });
    expect(viewOf(record).run).toMatchObject({ complete: true, trials: { failed: 0 } });
    expect(readFileSync(join(run, "exit-code"), "utf8").trim()).toMatch(/^[015]$/);
    expect(readFileSync(join(run, "first-try/killed-by"), "utf8")).toBe("SIGSEGV\n");
    expect((await readRecord(join(run, "first-try/record.jsonl"))).header.host).toMatchObject({
      emulated: true,
    });
    rmSync(results, { recursive: true });
  },
);
