/**
 * What runs as root in a guest (kernel.sh, bench.sh), on a machine whose programs and folders are stand-ins: a mount namespace that ends
 * with the script, and nothing on PATH but what is put there.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SCRIPTS = resolve(import.meta.dirname, "../../scripts/machines/guest");
const TOOLS =
  "sh cat rm mkdir touch tar gzip tee tail head cut sort grep sed basename nproc mount ln cp mv ls".split(
    " ",
  );
/** What a script finds in the clone. */
const BESIDE = ["harness.sh", "emulated.sh"];
const folder = temporaryFolder();

interface Ended {
  readonly status: number | null;
  readonly output: string;
  /** What the stand-ins were called with, in order. */
  readonly called: readonly string[];
  /** What the closing script printed. */
  readonly after: string;
}

/**
 * `programs`: bodies of stand-ins by name, each of which first writes down its arguments. `before` and `after`: shell, in the namespace.
 * Skips the test where there are no mount namespaces.
 */
const inGuest = (
  ctx: TestContext,
  script: string,
  args: readonly string[],
  machine: {
    readonly programs: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly before: string;
    readonly after?: string;
  },
): Ended => {
  const place = mkdtempSync(join(folder, "guest-"));
  const [bin, log, last] = [join(place, "bin"), join(place, "called"), join(place, "after")];
  mkdirSync(bin);
  writeFileSync(log, "");
  writeFileSync(last, "");
  for (const [name, body] of Object.entries(machine.programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>/mnt/called\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  // As Vagrant does: a copy, which nothing that is mounted over this machine's folders hides.
  for (const name of [script, ...BESIDE]) copyFileSync(join(SCRIPTS, name), join(place, name));
  const links = TOOLS.map((name) => `ln -s "$(command -v ${name})" /mnt/bin/${name}`).join("\n");
  const ended = spawnSync(
    "unshare",
    [
      "--mount",
      "--propagation",
      "private",
      "/bin/sh",
      "-c",
      `set -e\nmount --bind ${place} /mnt\n${links}\nexport PATH=/mnt/bin\n${machine.before}\nstatus=0\nsh "$@" || status=$?\n{\n${machine.after ?? ":"}\n} >/mnt/after\nexit $status`,
      "sh",
      `/mnt/${script}`,
      ...args,
    ],
    { encoding: "utf8", env: { PATH: process.env["PATH"], ...machine.env } },
  );
  ctx.skip(
    process.getuid?.() !== 0 || ended.error !== undefined || /unshare:|mount:/.test(ended.stderr),
    `needs root and mount namespaces: ${ended.stderr}`,
  );
  return {
    status: ended.status,
    output: ended.stdout + ended.stderr,
    called: readFileSync(log, "utf8").split("\n").slice(0, -1),
    after: readFileSync(last, "utf8"),
  };
};

describe("kernel.sh", () => {
  const KNOWN = [
    "linux-image-6.12.9+deb12-amd64",
    "linux-image-6.12.9+deb12-cloud-amd64",
    "linux-image-6.12.43+deb12-cloud-amd64",
    "linux-image-6.12.43+deb12-cloud-amd64-unsigned",
    "linux-image-6.12.43+deb12-rt-amd64",
    "linux-image-6.12.43+deb12-amd64",
  ];
  const kernel = (
    ctx: TestContext,
    changes: { readonly site?: string; readonly known?: readonly string[]; readonly running?: string } = {},
  ): Ended =>
    inGuest(ctx, "kernel.sh", ["6.12", "bookworm-backports"], {
      programs: {
        dpkg: "echo amd64",
        uname: `echo ${changes.running ?? "6.1.0-40-cloud-amd64"}`,
        "apt-get": `case $1 in
          indextargets) echo '${changes.site ?? "http://mirror.example/debian"}' ;;
          install) for last; do :; done; touch /boot/vmlinuz-\${last#linux-image-} ;;
          purge) for last; do :; done; rm /boot/vmlinuz-\${last#linux-image-} ;;
          esac`,
        "apt-cache": `printf '%s\\n' ${(changes.known ?? KNOWN).join(" ")}`,
        "update-grub": ":",
      },
      before:
        "mount -t tmpfs tmpfs /boot\nmount -t tmpfs tmpfs /etc/apt\nmkdir /etc/apt/sources.list.d\ntouch /boot/vmlinuz-6.1.0-40-cloud-amd64",
      after: "cat /etc/apt/sources.list.d/* || true\nls /boot",
    });

  test("the newest of the series and of the box's flavour is what is left to be booted", (ctx) => {
    const { status, after, called } = kernel(ctx);
    expect(status).toBe(0);
    expect(after).toBe(
      "deb http://mirror.example/debian bookworm-backports main\nvmlinuz-6.12.43+deb12-cloud-amd64\n",
    );
    expect(called.at(-1)).toBe("update-grub ");
  });

  test("a box with an ordinary kernel, as VirtualBox wants it, gets an ordinary one", (ctx) => {
    expect(kernel(ctx, { running: "6.1.0-40-amd64" }).after).toContain("vmlinuz-6.12.43+deb12-amd64\n");
  });

  test("where apt knows a list of mirrors in place of a site, the list is used", (ctx) => {
    const { status, after } = kernel(ctx, { site: "mirror+file:/etc/apt/mirrors/debian.list" });
    expect(after).toContain("deb mirror+file:/etc/apt/mirrors/debian.list bookworm-backports main");
    expect(status).toBe(0);
  });

  test("where it knows neither, it is said, and no kernel is taken away", (ctx) => {
    const { status, output, after } = kernel(ctx, { site: "https://packages.example.org/apt" });
    expect(output).toMatch(/names no mirror of Debian\nguest: {3}hint: /);
    expect(status).toBe(3);
    expect(after).toContain("vmlinuz-6.1.0-40-cloud-amd64");
  });

  test("without a kernel of the series none is taken away, and it is said", (ctx) => {
    const { status, output, after, called } = kernel(ctx, { known: ["linux-image-6.12.43+deb12-rt-amd64"] });
    expect(output).toMatch(/has no kernel 6\.12 of the flavour cloud-amd64\nguest: {3}hint: /);
    expect(status).toBe(3);
    expect(after).toContain("vmlinuz-6.1.0-40-cloud-amd64");
    expect(called.filter((call) => /install|purge/.test(call))).toEqual([]);
  });
});

describe("bench.sh", () => {
  const GUEST_FOLDER = "/srv/tare/scripts/machines/guest";
  const bench = (
    ctx: TestContext,
    aptGet: string,
    before = "",
    env: Readonly<Record<string, string>> = {},
    after = "",
  ): Ended =>
    inGuest(ctx, "bench.sh", [], {
      programs: { hostname: ":", uname: "echo Linux", "apt-get": aptGet },
      env: {
        TARE_HOSTNAME: "tare-amd64",
        TARE_OUT: "results/run.amd64",
        TARE_PROFILE: "smoke",
        TARE_TIMEOUT_SCALE: "5",
        ...env,
      },
      // The clone has a stand-in for tare, which says what it was called with.
      before: `mount -t tmpfs tmpfs /srv\nmount -t tmpfs tmpfs /tmp\nmkdir -p ${GUEST_FOLDER}\ncp ${BESIDE.map((name) => `/mnt/${name}`).join(" ")} ${GUEST_FOLDER}\necho 'echo "tare.sh $* scale $TARE_TIMEOUT_SCALE"; [ "$1" != agents ] || ls "$5"' >/srv/tare/scripts/tare.sh\n${before}`,
      after: `cd /srv/tare/results/run.amd64; cat exit-code bench.log; ${after}`,
    });

  test("a guest of a public box gets Node and npm from Debian, and measures", (ctx) => {
    const { status, called, after } = bench(ctx, ":");
    expect(called.filter((call) => call.startsWith("apt-get"))).toEqual([
      "apt-get update -qq",
      "apt-get install -y -qq --no-install-recommends nodejs npm",
    ]);
    expect(after).toMatch(/^0\ntare\.sh bench --profile smoke .* scale 5\n$/);
    expect(status).toBe(0);
  });

  test("one with node_modules needs neither", (ctx) => {
    const { called, after } = bench(ctx, ":", "mkdir /srv/tare/node_modules");
    expect(called.filter((call) => call.startsWith("apt-get"))).toEqual([]);
    expect(after).toMatch(/^0\n/);
  });

  test("an apt that fails is quoted, nothing is run, and the reason is in what is fetched", (ctx) => {
    const { status, output, after } = bench(
      ctx,
      'echo "Temporary failure resolving mirror.example.org"; exit 100',
    );
    expect(output).toMatch(/Temporary failure resolving[^]*could not install nodejs and npm/);
    expect(after).toMatch(/^3\nTemporary failure[^]*hint: .*--boxes built/);
    expect(output).not.toContain("tare.sh bench");
    // Vagrant goes on, and so does the guest after this one.
    expect(status).toBe(0);
  });

  /** A stand-in for tare whose runs end as they are told, one after the other. */
  const ending = (...runs: readonly string[]): string => `mkdir /srv/tare/node_modules
cat >/srv/tare/scripts/tare.sh <<'END'
echo "tare.sh $1 flags \${TARE_NODE_FLAGS:-none}"
[ "$1" = bench ] || exit 0
echo run >>/tmp/runs
case $(grep -c run /tmp/runs) in
${runs.map((run, at) => `${at + 1}) ${run} ;;`).join("\n")}
esac
END`;
  const RECORDS = "cat first-try/killed-by first-try/record.jsonl record.jsonl";

  test("a harness that a signal kills is named, cleaned up after and run once more; its record stays", (ctx) => {
    const { status, after } = bench(
      ctx,
      ":",
      ending("echo one >$TARE_OUT/record.jsonl; kill -SEGV $$", "echo two >$TARE_OUT/record.jsonl; exit 1"),
      {},
      RECORDS,
    );
    expect(after.split("\n").filter((line) => !/^\w+ fault/.test(line))).toEqual([
      "1",
      "tare.sh bench flags none",
      expect.stringContaining("the harness was killed by SIGSEGV: cleaning up, then running it once more"),
      "tare.sh clean flags none",
      "tare.sh bench flags none",
      "SIGSEGV",
      "one",
      "two",
      "",
    ]);
    expect(status).toBe(0);
  });

  test("one that is killed again is named again, and not run a third time", (ctx) => {
    const { after } = bench(ctx, ":", ending("kill -TRAP $$", "kill -SEGV $$", "exit 0"));
    expect(after).toMatch(/^139\n[^]*killed by SIGTRAP: [^]*killed by SIGSEGV again\n/);
    expect(after.match(/tare\.sh bench/g)).toHaveLength(2);
  });

  test.for(["exit 4", "kill -TERM $$"])("one that ends by `%s` is not run again", (end, ctx) => {
    const { after } = bench(ctx, ":", ending(end, "exit 0"));
    expect(after).toMatch(/^(4|143)\n/);
    expect(after.match(/tare\.sh bench/g)).toHaveLength(1);
  });

  test("Node is told to use one thread where the CPU is emulated, and nothing where it is real", (ctx) => {
    const flags = (guestOf: string): string =>
      bench(ctx, ":", ending("exit 0"), { TARE_GUEST_OF: guestOf }).after;
    expect(flags("x86_64/tcg")).toContain("tare.sh bench flags --single-threaded");
    expect(flags("x86_64/kvm")).toContain("tare.sh bench flags none");
  });

  test("releases that came along are installed before the run, with the vendor's checksum", (ctx) => {
    const releases = "/tmp/tare-agents";
    const { output } = bench(
      ctx,
      ":",
      `mkdir -p /srv/tare/node_modules ${releases}/falco ${releases}/tetragon\ntouch ${releases}/tetragon/t.tar.gz ${releases}/falco/f.tar.gz\necho "abc  f.tar.gz" >${releases}/falco/f.tar.gz.sha256`,
    );
    const lines = output.split("\n").filter((line) => /^(tare\.sh|[ft]\.tar)/.test(line));
    expect(lines).toEqual([
      `tare.sh agents install falco --from ${releases}/falco/ --sha256 abc scale 5`,
      "f.tar.gz",
      `tare.sh agents install tetragon --from ${releases}/tetragon/ scale 5`,
      "t.tar.gz",
      expect.stringContaining("tare.sh bench"),
    ]);
  });
});
