/** Clean-up never crosses a mount. With real mounts, in a mount namespace of the test's own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let count = 0;

/** Runs a module with a scope of effects in `place`; the mounts that it makes end with it. */
const inOwnNamespace = (body: string): { readonly said: unknown; readonly place: string } => {
  const place = join(folder, String(++count));
  mkdirSync(place);
  const program = `
    import { execFileSync } from "node:child_process";
    import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
    import { createHost } from ${JSON.stringify(join(ROOT, "src/host/host.ts"))};
    const place = ${JSON.stringify(place)};
    const host = createHost({ root: ${JSON.stringify(ROOT)}, journalDirectory: place + "/tare/journal" });
    const scope = host.effects.scope("test");
    const mount = (...args) => execFileSync("mount", args);
    const mounted = () => readFileSync("/proc/self/mountinfo", "utf8").split("\\n").map((line) => line.split(" ")[4]).filter((point) => point?.startsWith(place));
    const said = await (async () => { ${body} })();
    console.log(JSON.stringify(said));
  `;
  const node = [process.execPath, "--input-type=module-typescript", "-e", program];
  const ran = spawnSync("unshare", ["--mount", "--propagation", "private", ...node], { encoding: "utf8" });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: "" });
  return { said: JSON.parse(ran.stdout), place };
};

describe.skipIf(process.getuid?.() !== 0)("undoing (needs root for its mounts)", () => {
  test("what a program left removes its own files and unmounts what it mounted among them", () => {
    const { said, place } = inOwnNamespace(`
      mkdirSync(place + "/owners/deeper", { recursive: true });
      writeFileSync(place + "/owners/deeper/precious", "kept");
      await scope.perform({ kind: "leavings", who: "x", places: [{ path: place + "/run" }] });
      mkdirSync(place + "/run/tree with a space", { recursive: true });
      writeFileSync(place + "/run/info.json", "{}");
      mount("--bind", place + "/owners", place + "/run/tree with a space");
      mount("-t", "tmpfs", "none", place + "/run/tree with a space/deeper");
      const problems = await scope.undo();
      return { problems, mounted: mounted(), there: existsSync(place + "/run") };
    `);
    expect(said).toEqual({ problems: [], mounted: [], there: false });
    expect(readFileSync(join(place, "owners/deeper/precious"), "utf8")).toBe("kept");
  });

  test("what it left in a place that was there before keeps the place and the mounts of its owner", () => {
    const { said, place } = inOwnNamespace(`
      mkdirSync(place + "/run/before", { recursive: true });
      mkdirSync(place + "/run/new", { recursive: true });
      writeFileSync(place + "/run/owners", "kept");
      mount("-t", "tmpfs", "none", place + "/run/before");
      await scope.perform({ kind: "leavings", who: "x", places: [{ path: place + "/run", mounts: mounted() }] });
      mount("-t", "tmpfs", "none", place + "/run/new");
      return { problems: await scope.undo(), mounted: mounted() };
    `);
    expect(said).toEqual({ problems: [], mounted: [join(place, "run/before")] });
    expect(readdirSync(join(place, "run"))).toEqual(["before", "new", "owners"]);
  });

  test("what it mounted over an owner's mount is gone, and the owner's is not", () => {
    const { said, place } = inOwnNamespace(`
      mkdirSync(place + "/security");
      mount("-t", "tmpfs", "owners", place + "/security");
      writeFileSync(place + "/security/lsm", "kept");
      await scope.perform({ kind: "leavings", who: "x", places: [{ path: place + "/security", mounts: mounted() }] });
      mount("-t", "tmpfs", "its", place + "/security");
      const problems = await scope.undo();
      return { problems, mounted: mounted(), inside: readFileSync(place + "/security/lsm", "utf8") };
    `);
    expect(said).toEqual({ problems: [], mounted: [join(place, "security")], inside: "kept" });
  });

  test("a folder of tare's own unmounts first as well, also behind a symbolic link and what is in use", () => {
    const { said, place } = inOwnNamespace(`
      mkdirSync(place + "/owners");
      writeFileSync(place + "/owners/precious", "kept");
      symlinkSync(place, place + "/link");
      const turn = place + "/link/tare-turn";
      await scope.perform({ kind: "directory", path: turn });
      mkdirSync(turn + "/root");
      mount("--bind", place + "/owners", turn + "/root");
      process.chdir(turn + "/root");
      return { problems: await scope.undo(), mounted: mounted(), there: existsSync(turn) };
    `);
    expect(said).toEqual({ problems: [], mounted: [], there: false });
    expect(readFileSync(join(place, "owners/precious"), "utf8")).toBe("kept");
  });

  test("what cannot be unmounted keeps everything, and is named", () => {
    const { said, place } = inOwnNamespace(`
      mkdirSync(place + "/bin");
      writeFileSync(place + "/bin/umount", "#!/bin/sh\\necho refused >&2\\nexit 1\\n", { mode: 0o755 });
      const { SEARCH_PATH } = await import(${JSON.stringify(join(ROOT, "src/host/command.ts"))});
      mkdirSync(place + "/owners");
      writeFileSync(place + "/owners/precious", "kept");
      await scope.perform({ kind: "leavings", who: "x", places: [{ path: place + "/run" }] });
      mkdirSync(place + "/run/root", { recursive: true });
      mount("--bind", place + "/owners", place + "/run/root");
      mount("--bind", place + "/bin/umount", execFileSync("sh", ["-c", "command -v umount"], { env: { PATH: SEARCH_PATH }, encoding: "utf8" }).trim());
      return await scope.undo();
    `);
    expect(said).toEqual([
      `what x leaves in ${place}/run: ${place}/run is not removed, since ${place}/run/root is still mounted: refused`,
    ]);
    expect(readFileSync(join(place, "owners/precious"), "utf8")).toBe("kept");
  });
});

test("a command that says one line a file is told in four of them", async () => {
  const { createHost } = await import("../../src/host/host.ts");
  const scope = createHost({ root: ROOT, journalDirectory: join(folder, "journal") }).effects.scope("test");
  const undo = ["sh", "-c", "seq 868 | sed 's/^/rm: cannot remove /'; exit 1"];
  await scope.perform({ kind: "command", title: "many files", do: ["true"], undo: [undo] });
  const [problem = ""] = await scope.undo();
  expect(problem.split("\n")).toHaveLength(5);
  expect(problem).toContain("and 864 lines more");
});
