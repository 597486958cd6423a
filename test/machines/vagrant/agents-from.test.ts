import { expect, test } from "vitest";
import { checkAgentsFrom } from "../../../src/machines/vagrant/agents-from.ts";
import { guestsOf } from "../../../src/machines/guests.ts";
import { FakeHost } from "../../support/fake-host.ts";

const check = (files: readonly string[], architectures = "amd64,arm64"): Promise<void> =>
  checkAgentsFrom(
    new FakeHost({ files: Object.fromEntries(files.map((file) => [`/releases/${file}`, "x"])) }),
    "/releases",
    guestsOf(architectures, undefined),
    ["tetragon", "falco"],
  );

test("a release for one of the guests is enough", async () => {
  await expect(check(["arm64/tetragon/tetragon-arm64.tar.gz"])).resolves.toBeUndefined();
});

test.each([
  [[], /nothing in it for amd64, arm64/],
  [["tetragon-amd64.tar.gz"], /nothing in it for amd64, arm64/],
  [["amd64/tetragn/file.tar.gz"], /amd64\/tetragn: no agent of that name/],
  [["amd64/tetragon.tar.gz"], /amd64\/tetragon\.tar\.gz: no agent of that name/],
  [["amd64/tetragon"], /amd64\/tetragon is empty, or no folder/],
])("%j is a usage error", async (files, expected) => {
  await expect(check(files)).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringMatching(expected),
  });
});

test("releases for guests that are not made are not looked at", async () => {
  await expect(check(["arm64/tetragon/x"], "amd64")).rejects.toThrow(/nothing in it for amd64$/);
});
