/** Real guests of both architectures, by Vagrant, under emulation: from nothing to one page, and nothing left. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EMULATED } from "../../../src/domain/emulation.ts";
import { readRecord } from "../../../src/record/reader.ts";
import { viewOf } from "../../../src/session/view.ts";
import { ROOT, inLab, obstacle, vms } from "./lab.ts";

const MINUTES = 60_000;
/** Below the checkout, because that is what the lab shares with this machine. */
const below = (name: string): string => join(ROOT, "build/vms", `test-${process.pid}`, name);

interface Told {
  readonly run: string;
  readonly interrupted: boolean;
  readonly report: string | null;
  readonly guests: readonly {
    readonly guest: { readonly id: string };
    readonly outcome: {
      readonly kind: "measured" | "failed";
      readonly folder: string | null;
      readonly message?: string;
      readonly serial?: readonly string[];
    };
  }[];
}

const told = (stdout: string): Told => JSON.parse(stdout) as Told;

test(
  "both are made, measured, fetched and destroyed, and stand on one page",
  { timeout: 45 * MINUTES },
  async (ctx) => {
    const reason = obstacle("amd64", "arm64");
    ctx.skip(reason !== undefined, reason);
    const [results, page] = [below("results"), below("both.html")];
    const ended = await vms(
      `run --profile smoke --agents sensor --scenarios process-exec,file-open,network-connect --out ${results} --report ${page} --json`,
    );
    expect(ended).toMatchObject({ status: 0, domains: "" });
    const { guests, report } = told(ended.stdout);
    expect(guests.map(({ guest, outcome }) => [guest.id, outcome.kind])).toEqual([
      ["amd64", "measured"],
      ["arm64", "measured"],
    ]);
    for (const [at, machine] of ["x86_64", "aarch64"].entries()) {
      const from = guests[at]?.outcome.folder ?? "";
      expect(readdirSync(from)).toEqual(
        expect.arrayContaining([
          "record.jsonl",
          "summary.json",
          "summary.csv",
          "report.html",
          "bench.log",
          "exit-code",
        ]),
      );
      const record = await readRecord(join(from, "record.jsonl"));
      expect(record.problems).toEqual([]);
      expect(record.header.host).toMatchObject({ arch: machine, emulated: true });
      expect(record.header.tool.commit).toMatchObject({ kind: "value" });
      const { ledger, run } = viewOf(record);
      expect(run).toMatchObject({ complete: true, trials: { failed: 0 } });
      expect(new Set(ledger.map((row) => row.scenario))).toEqual(
        new Set(["process-exec", "file-open", "network-connect"]),
      );
      // A crowded emulator may overflow a buffer; the sensor then says so, and nothing goes missing in silence.
      for (const row of ledger)
        expect(row).toMatchObject({ balanced: true, silentLost: { low: 0, high: 0 } });
    }
    const html = readFileSync(report ?? "", "utf8");
    for (const part of [EMULATED, "x86_64", "aarch64"]) expect(html).toContain(part);
    expect(existsSync(join(ROOT, "build/vms/amd64/vagrant"))).toBe(false);
  },
);

describe("what goes wrong", () => {
  test("a box that does not match its checksum is not used", { timeout: 5 * MINUTES }, async (ctx) => {
    const reason = obstacle("amd64");
    ctx.skip(reason !== undefined, reason);
    const ended = await vms("run --arch amd64 --profile smoke", {
      env: { TARE_BOX_AMD64_SHA256: "0".repeat(64) },
    });
    expect(ended.stderr).toContain("the box does not match its checksum: it was not used");
    expect(ended.status).toBe(4);
    expect(ended.domains).toBe("");
  });

  test(
    "a guest that does not come up in time is destroyed, with its last words",
    { timeout: 10 * MINUTES },
    async (ctx) => {
      const reason = obstacle("amd64");
      ctx.skip(reason !== undefined, reason);
      const ended = await vms("run --arch amd64 --profile smoke --boot-timeout 25s --json");
      const [guest] = told(ended.stdout).guests;
      expect(guest?.outcome.message).toBe("it did not come up within 25 s");
      expect(guest?.outcome.serial?.join("\n")).toMatch(/\S/);
      expect(ended.status).toBe(4);
      expect(ended.domains).toBe("");
    },
  );

  test.for([
    ["", ""],
    ["--keep", "tare-amd64"],
  ] as const)(
    "Ctrl-C while it boots ends in order %s",
    { timeout: 10 * MINUTES },
    async ([flag, left], ctx) => {
      const reason = obstacle("amd64");
      ctx.skip(reason !== undefined, reason);
      let sent = false;
      const ended = await vms(`run --arch amd64 --profile smoke --json ${flag}`, {
        onStderr: (soFar, interrupt) => {
          if (sent || !soFar.includes("starting the virtual machine")) return;
          sent = true;
          setTimeout(interrupt, 15_000);
        },
      });
      expect(ended.status).toBe(130);
      expect(told(ended.stdout)).toMatchObject({ interrupted: true, guests: [], report: null });
      expect(ended.domains).toBe(left);
    },
  );

  test.for([
    ["TARE_VM_MEMORY=lots", "TARE_VM_MEMORY=lots: not a whole number"],
    ["TARE_VM_KERNEL=4.19", "TARE_VM_KERNEL=4.19: known are 5.10, 6.1, 6.12"],
    ["TARE_BOX_ARM64=/no/such.box", "TARE_BOX_ARM64=/no/such.box: no such file"],
    ["TARE_BUDGET=/gone", "TARE_BUDGET=/gone: no such file"],
    ["TARE_VM_TIMEOUT_SCALE=0.5", "TARE_VM_TIMEOUT_SCALE=0.5: not a factor of 1 or more"],
    ["TARE_VM_AGENTS_FROM=/gone", "TARE_VM_AGENTS_FROM=/gone: no such folder"],
  ] as const)("the Vagrantfile refuses %s", { timeout: 2 * MINUTES }, async ([setting, said], ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const good = await inLab("vagrant validate --no-color");
    expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining("validated successfully") });
    const bad = await inLab(`export ${setting}; vagrant validate --no-color`);
    expect(bad.stdout + bad.stderr).toContain(said);
    expect(bad.status).not.toBe(0);
  });

  test("whatever the settings are, a guest can be destroyed", { timeout: 2 * MINUTES }, async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const bad =
      "TARE_VM_MEMORY=lots TARE_BOX_ARM64=/no/such.box TARE_PAYLOAD_AMD64=/no/such.tar.gz TARE_BUDGET=/gone TARE_VM_TIMEOUT_SCALE=much TARE_VM_AGENTS_FROM=/gone";
    expect(await inLab(`${bad} vagrant destroy --force --no-color`)).toMatchObject({ status: 0 });
  });

  test("without Vagrant, this machine is told how to get it", { timeout: MINUTES }, async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab(
      "mv /usr/bin/vagrant /usr/bin/away; node_modules/.bin/node src/cli/main.ts vms run",
    );
    expect(ended.stderr).toMatch(/vagrant was not found[^]*apt-get install vagrant/);
    expect(ended.status).toBe(3);
  });

  test("without libvirt running, the reason is said", { timeout: 5 * MINUTES }, async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab(
      "kill $(cat /run/libvirtd.pid); sleep 2; node_modules/.bin/node src/cli/main.ts vms run --arch amd64 --profile smoke",
    );
    expect(ended.stderr).toContain("libvirt does not answer");
    expect(ended.status).toBe(3);
  });
});
