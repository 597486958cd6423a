/** What `tare vms run` says of its set-up: in a line each, obstacles at once. */
import { expect, test } from "vitest";
import { sayParts, sayReady, placeText } from "../../src/cli/vms/say-setup.ts";
import { commandLine } from "../../src/cli/vms/settings.ts";
import { TareError } from "../../src/domain/errors.ts";
import type { Ready } from "../../src/machines/setup/prepare.ts";
import { guestsOf } from "../../src/machines/guests.ts";
import { keepingScreen } from "../support/keeping-screen.ts";

const GUESTS = guestsOf("amd64,arm64", undefined);
const READY = { box: "/cache/a.box", payload: "/cache/a.tar.gz" };
const obstacle = (architecture: string): TareError =>
  new TareError("host-unfit", `no compiler for ${architecture}`, `apt-get install gcc-${architecture}`);

test("one line names all that is made first, with minutes and megabytes, and nothing that is there", () => {
  const screen = keepingScreen();
  const common = { guest: undefined, kind: "box" } as const;
  sayParts(screen, [
    { ...common, name: "the lab", isThere: true, minutes: 0, megabytes: 0 },
    { ...common, name: "the box of amd64", isThere: false, minutes: 2, megabytes: 900 },
  ]);
  expect(screen.said).toEqual([
    expect.stringMatching(/^made first, in \/.*: the box of amd64: about 2 min, 900 MB$/),
  ]);
});

test("a guest that cannot be made is said at once, and the others go on", () => {
  const screen = keepingScreen();
  sayReady(
    screen,
    GUESTS,
    new Map<string, Ready | TareError>([
      ["amd64", READY],
      ["arm64", obstacle("arm64")],
    ]),
  );
  expect(screen.said).toEqual([
    "arm64 cannot be made, going on with amd64: no compiler for arm64",
    "  hint: apt-get install gcc-arm64",
  ]);
});

test("where no guest can be made, every reason is said, and the last ends the command", () => {
  const screen = keepingScreen();
  const last = obstacle("arm64");
  expect(() => {
    sayReady(
      screen,
      GUESTS,
      new Map([
        ["amd64", obstacle("amd64")],
        ["arm64", last],
      ]),
    );
  }).toThrow(last);
  expect(screen.said[0]).toBe("amd64 cannot be made: no compiler for amd64");
});

test("the lab is named with the reason for it and how to remove it", () => {
  const text = placeText({ kind: "lab", why: "vagrant was not found", isBuilt: true });
  expect(text).toMatch(
    /of the lab in \/.*vagrant-lab, because here vagrant was not found;.*rm -rf \/.* removes/,
  );
});

test("a command line is as one types it, whatever is in it", () => {
  expect(commandLine(["vms", "run", "--out", "/tmp/my results", "--agents", "a,b"])).toBe(
    "npm run tare -- vms run --out '/tmp/my results' --agents a,b",
  );
});
