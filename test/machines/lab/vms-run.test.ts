/** Real guests of both architectures, by Vagrant, under emulation: from nothing to one page, and nothing left. */
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EMULATED } from "../../../src/domain/emulation.ts";
import { readRecord } from "../../../src/record/reader.ts";
import { viewOf } from "../../../src/session/view.ts";
import { ROOT, inLab, obstacle, vms } from "./lab.ts";

const MINUTES = 60_000;
/** `npm run test:vm` has every counted operation become an event; here one says that a run went from end to end. */
const SMALL = "--profile smoke --agents sensor --scenarios file-open";
/** Below the checkout, because that is what the lab shares with this machine. What a test that fails got is kept. */
const FOLDER = join(ROOT, "build/vms", `test-${process.pid}`);

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
    const [results, page] = [join(FOLDER, "results"), join(FOLDER, "both.html")];
    const ended = await vms(`run ${SMALL} --out "${results}" --report "${page}" --json`);
    expect(ended).toMatchObject({ status: 0, domains: "" });
    const { guests, report } = told(ended.stdout);
    expect(Object.fromEntries(guests.map(({ guest, outcome }) => [guest.id, outcome.kind]))).toEqual({
      amd64: "measured",
      arm64: "measured",
    });
    for (const { guest, outcome } of guests) {
      const from = outcome.folder ?? "";
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
      expect(record.header.host).toMatchObject({
        arch: guest.id === "arm64" ? "aarch64" : "x86_64",
        emulated: true,
      });
      expect(record.header.tool.commit).toMatchObject({ kind: "value" });
      const { ledger, run } = viewOf(record);
      expect(run).toMatchObject({ complete: true, trials: { failed: 0 } });
      expect(ledger.map(({ agent, scenario }) => [agent, scenario])).toContainEqual(["sensor", "file-open"]);
      // A crowded emulator may overflow a buffer; the sensor then says so, and nothing goes missing in silence.
      for (const row of ledger)
        expect(row).toMatchObject({ balanced: true, silentLost: { low: 0, high: 0 } });
    }
    const html = readFileSync(report ?? "", "utf8");
    for (const part of [EMULATED, "x86_64", "aarch64"]) expect(html).toContain(part);
    expect(existsSync(join(ROOT, "build/vms/amd64/vagrant"))).toBe(false);
    rmSync(FOLDER, { recursive: true });
  },
);

describe("what goes wrong", () => {
  test("a box that does not match its checksum is not used", { timeout: 5 * MINUTES }, async (ctx) => {
    const reason = obstacle("amd64");
    ctx.skip(reason !== undefined, reason);
    const ended = await vms(`run --arch amd64 ${SMALL}`, {
      env: { TARE_BOX_AMD64_SHA256: "0".repeat(64) },
    });
    expect(ended.stderr).toContain("the box does not match its checksum: it was not used");
    expect(ended.status).toBe(4);
    expect(ended.domains).toBe("");
  });

  test(
    "a guest that does not come up is destroyed, with its last words",
    { timeout: 10 * MINUTES },
    async (ctx) => {
      const reason = obstacle("amd64");
      ctx.skip(reason !== undefined, reason);
      // Its box again, with a system that starts no network: of two files of one name the last counts.
      const before = `cp "$TARE_BOX_AMD64" /root/deaf.box
        tar -xOf /root/deaf.box Vagrantfile | sed 's/cmd_line = "/&systemd.unit=emergency.target /' >/root/Vagrantfile
        tar -rf /root/deaf.box -C /root Vagrantfile
        export TARE_BOX_AMD64=/root/deaf.box`;
      const ended = await vms(`run --arch amd64 ${SMALL} --boot-timeout 25s --json`, { before });
      const [guest] = told(ended.stdout).guests;
      expect(guest?.outcome.message).toBe("it did not come up within 25 s");
      expect(guest?.outcome.serial?.join("\n")).toMatch(/\S/);
      expect(ended.status).toBe(4);
      expect(ended.domains).toBe("");
    },
  );

  test.for([
    ["while it boots", "starting the virtual machine", 15_000, "", ""],
    ["while it measures, with --keep", "measuring in it", 0, "--keep", "tare-amd64"],
  ] as const)(
    "Ctrl-C %s ends in order",
    { timeout: 15 * MINUTES },
    async ([, step, afterMs, flag, domains], ctx) => {
      const reason = obstacle("amd64");
      ctx.skip(reason !== undefined, reason);
      let sent = false;
      const ended = await vms(`run --arch amd64 ${SMALL} --json ${flag}`, {
        onStderr: (soFar, interrupt) => {
          if (sent || !soFar.includes(`amd64: ${step}`)) return;
          sent = true;
          setTimeout(interrupt, afterMs);
        },
      });
      expect(ended.status).toBe(130);
      expect(told(ended.stdout)).toMatchObject({ interrupted: true, guests: [], report: null });
      expect(ended).toMatchObject({ domains, left: "" });
    },
  );

  test("without Vagrant, this machine is told how to get it", { timeout: MINUTES }, async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab(
      "mv /usr/bin/vagrant /usr/bin/away; node_modules/.bin/node src/cli/main.ts vms run",
    );
    expect(ended.stderr).toMatch(/vagrant was not found[^]*apt-get install .*vagrant-libvirt/);
    expect(ended.status).toBe(3);
  });

  test("without libvirt running, the reason is said", { timeout: 5 * MINUTES }, async (ctx) => {
    const reason = obstacle();
    ctx.skip(reason !== undefined, reason);
    const ended = await inLab(
      "daemon=$(cat /run/libvirtd.pid); kill $daemon; while kill -0 $daemon 2>/dev/null; do sleep 0.2; done; node_modules/.bin/node src/cli/main.ts vms run --arch amd64",
    );
    expect(ended.stderr).toContain("libvirt does not answer");
    expect(ended.status).toBe(3);
  });
});
