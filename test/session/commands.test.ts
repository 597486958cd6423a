import { expect, test } from "vitest";
import { teamCommands, withCommands } from "../../src/session/commands.ts";

const idsOf = (...texts: readonly string[]): readonly string[] =>
  teamCommands(texts, "/src", ["file-open"]).map(({ id }) => id);

test.each([
  ["make -j2", "command-make"],
  ["CC=clang LANG=C make -j2", "command-make"],
  ["/opt/Tool/bin/Build.sh --all", "command-build.sh"],
  ["build=make -j2", "build"],
  ["(cd x && make)", "command-cd"],
])("%j is the scenario %s", (text, id) => {
  expect(idsOf(text)).toEqual([id]);
});

test("the same program twice has two names, and a name that is taken is refused", () => {
  expect(idsOf("make a", "make b")).toEqual(["command-make", "command-make-2"]);
  expect(() => idsOf("file-open=cat x")).toThrow('there is a scenario "file-open" already');
  expect(() => idsOf("a=true", "a=false")).toThrow('there is a scenario "a" already');
});

test.each(["", "  ", "build=", "build=  "])("%j names no command", (text) => {
  expect(() => idsOf(text)).toThrow(`--command "${text}" names no command`);
});

test("a line keeps what stands behind the first equals sign, and its lines", () => {
  const [command] = teamCommands(["a=x=1 y\nz"], "/src", []);
  expect(command).toEqual({ id: "a", run: "x=1 y\nz", directory: "/src" });
});

test("a command is a scenario that needs nothing of tare's", () => {
  const all = withCommands(new Map(), teamCommands(["make"], "/src", []));
  expect(all.get("command-make")).toMatchObject({
    driver: { kind: "command", needs: {}, run: "make", directory: "/src" },
    operations: ["run"],
  });
  expect(withCommands(new Map(), undefined).size).toBe(0);
});
