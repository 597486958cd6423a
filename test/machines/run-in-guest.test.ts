/** How a job gets into a guest and out of it, with a program in QEMU's place that runs the job on this machine. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TareError } from "../../src/domain/errors.ts";
import { FACTS, NEWEST_KERNEL } from "../../src/machines/guests.ts";
import type { Image } from "../../src/machines/images/image.ts";
import { type Job, runInGuest } from "../../src/machines/jobs/run-in-guest.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Finds the files that QEMU is given, and does with them what the guest's init does with the devices. */
const STAND_IN = `#!/bin/sh
[ "$1" != --version ] || { echo "QEMU emulator version 10.0.2 (a stand-in)"; exit; }
for word; do
    case $word in
    file:*) serial=\${word#file:} ;;
    file,id=exit,path=*) exit=\${word#*path=} ;;
    id=job,*) job=\${word#*file=}; job=\${job%%,*} ;;
    id=results,*) results=\${word#*file=}; results=\${results%%,*} ;;
    esac
done
echo "the kernel begins" >"$serial"
work=\${exit%/*}/guest
mkdir -p "$work/results"
echo "$*" >"$work/arguments"
tar --extract --ignore-zeros --file="$job" --directory="$work"
cd "$work"
setpriv --pdeathsig KILL sh ./run
code=$?
[ ! -e panic ] || { echo "the kernel panics" >>"$serial"; exit 1; }
tar --create --directory=results --file="$results" .
echo "$code" >"$exit"
`;

const ARCHITECTURE = "amd64";
const programs = temporaryFolder();
const program = join(programs, `qemu-system-${FACTS[ARCHITECTURE].uname}`);
writeFileSync(program, STAND_IN);
chmodSync(program, 0o755);

const IMAGE: Image = {
  architecture: ARCHITECTURE,
  flavour: "fast",
  kernel: NEWEST_KERNEL,
  release: "bookworm",
  kernelRelease: "6.12.0-test",
  root: "/image/root.ext4",
  vmlinuz: "/image/vmlinuz",
  initrd: "/image/initrd",
};

/** Where the harness keeps what is for one guest. */
let temporary = "";
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "tare-guests-"));
  vi.stubEnv("TARE_VM_CACHE", temporary);
  vi.stubEnv("PATH", `${programs}:${process.env["PATH"] ?? ""}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true, force: true });
});

const start = async (job: Partial<Job> & Pick<Job, "script">, signal?: AbortSignal): Promise<unknown> =>
  await runInGuest(
    IMAGE,
    { withClone: false, timeoutMs: 60_000, ...job },
    { info: () => undefined, signal },
    ({ exitCode, results, qemu }) =>
      Promise.resolve({ exitCode, qemu, answer: readFileSync(join(results, "answer"), "utf8") }),
  );

test("the job gets its files, its output comes through, and its results and exit code come back", async () => {
  const question = join(programs, "question");
  writeFileSync(question, "6 7");
  const heard: string[] = [];
  const end = await start({
    script: 'echo "at work"\nset -- $(cat question)\necho $(($1 * $2)) >results/answer\nexit 3\n',
    copy: [question],
    onOutput: (text) => heard.push(text),
  });
  expect(end).toEqual({ exitCode: 3, qemu: "10.0.2", answer: "42\n" });
  expect(heard.join("")).toBe("at work\n");
  expect(readdirSync(temporary)).toEqual([]);
});

test.each([
  { ports: undefined, nic: "-nic none" },
  {
    ports: [
      { here: 40022, there: 22 },
      { here: 40443, there: 443 },
    ],
    nic: "-netdev user,id=net,hostfwd=tcp:127.0.0.1:40022-:22,hostfwd=tcp:127.0.0.1:40443-:443",
  },
])("it has a network where ports are asked for, and on loopback alone: $nic", async ({ ports, nic }) => {
  const job = { script: "cp arguments results/answer\n", ...(ports === undefined ? {} : { ports }) };
  expect(await start(job)).toMatchObject({ answer: expect.stringContaining(`${nic} `) });
});

test("a file system that comes along is a disk that the guest only reads", async () => {
  const answer = await start({ script: "cp arguments results/answer\n", payload: "/made/payload.ext4" });
  expect(answer).toMatchObject({
    answer: expect.stringMatching(
      /id=payload,file=\/made\/payload\.ext4,\S*readonly=on .*serial=tare-payload/,
    ),
  });
});

test("a guest that is not done after its time is stopped, and its console's last lines are shown", async () => {
  await expect(start({ script: "echo I sleep\nexec sleep 3600\n", timeoutMs: 1000 })).rejects.toMatchObject({
    kind: "run-failed",
    message: expect.stringMatching(
      /kernel 6\.12\.0-test was not done after 1 s and was stopped[^]*its console's last lines:\nthe kernel begins$/,
    ) as string,
  });
  expect(readdirSync(temporary)).toEqual([]);
});

test("what a killed harness left of its guest goes with the next one", async () => {
  const dead = join(temporary, "guest-of-old.4194303.part");
  mkdirSync(dead);
  writeFileSync(join(dead, "results.tar"), "half");
  await start({ script: "echo 42 >results/answer\n" });
  expect(readdirSync(temporary)).toEqual([]);
});

test("one that ends without a result says so", async () => {
  await expect(start({ script: "touch panic\n" })).rejects.toMatchObject({
    kind: "run-failed",
    message: expect.stringMatching(
      /without a result \(QEMU: exit status 1\)[^]*the kernel begins\nthe kernel panics$/,
    ) as string,
  });
});

test("one that is stopped from outside is gone, and the reason is the answer", async () => {
  const controller = new AbortController();
  const onOutput = (): void => {
    controller.abort(new TareError("interrupted", "enough", "-"));
  };
  const job = { script: "echo I sleep\nexec sleep 3600\n", onOutput };
  await expect(start(job, controller.signal)).rejects.toMatchObject({ kind: "interrupted" });
  expect(readdirSync(temporary)).toEqual([]);
});
