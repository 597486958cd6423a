/** Commands behind an image: their last words, and their end. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { need, run } from "../../../src/machines/images/shell.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const folder = temporaryFolder();

test("a command that fails is quoted", async () => {
  await expect(run("sh", ["-c", "echo no such mirror >&2; exit 7"])).rejects.toMatchObject({
    kind: "host-unfit",
    message: expect.stringMatching(/exit status 7\nno such mirror$/),
  });
});

test("missing programs are named with the packages that hold them", async () => {
  await expect(need({ sh: "dash", "no-such-tool": "no-such-package" }, "a box")).rejects.toMatchObject({
    message: "a box needs no-such-tool, which is not here",
    hint: "Debian: apt-get install --no-install-recommends no-such-package",
  });
});

test("an interruption ends the command as Ctrl-C does, with what it started, and it may clean up", async () => {
  const abort = new AbortController();
  const file = join(folder, "half-made");
  const script = `trap 'rm -f ${file}; exit 1' INT; echo x >${file}; sh -c 'echo $$ >${folder}/pid; exec sleep 1000'`;
  const running = run("sh", ["-c", script], { signal: abort.signal });
  await expect.poll(() => existsSync(join(folder, "pid"))).toBe(true);
  await expect.poll(() => readFileSync(join(folder, "pid"), "utf8").trim()).not.toBe("");
  const reason = new Error("interrupted");
  abort.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(existsSync(file)).toBe(false);
  const pid = readFileSync(join(folder, "pid"), "utf8").trim();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});
