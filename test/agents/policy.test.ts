import { describe, expect, test } from "vitest";
import { readPolicy } from "../../src/agents/shared/policy.ts";
import type { Family } from "../../src/domain/units.ts";
import { FakeHost } from "../support/fake-host.ts";

const TEXT = `# always
# family: exec
exec {{where}}
// family: file
file {{where}} {{where}}
`;

const read = async (
  text: string,
  values: Readonly<Record<string, string>>,
  families: readonly Family[],
): Promise<string> =>
  await readPolicy(
    new FakeHost({ files: { "/tare/src/agents/policies/x/y.conf": text } }),
    "x/y.conf",
    values,
    families,
  );

describe("a policy", () => {
  test.each<[readonly Family[], string]>([
    [["exec", "file"], "# always\n# family: exec\nexec /w\n// family: file\nfile /w /w\n"],
    [["file"], "# always\n// family: file\nfile /w /w\n"],
    [[], "# always"],
  ])("is filled in and keeps the sections of %j", async (families, expected) => {
    expect(await read(TEXT, { where: "/w" }, families)).toBe(expected);
  });

  test.each([
    ["that nobody gives a value", {}, /policies\/x\/y\.conf asks for \{\{where\}\}, which nobody gives/],
    ["that it does not have", { where: "/w", when: "now" }, /has no place for \{\{when\}\}/],
  ])("is refused for a placeholder %s", async (_, values, message) => {
    await expect(read(TEXT, values, ["exec"])).rejects.toThrow(message);
  });

  test("says which file is missing and how to get it back", async () => {
    await expect(readPolicy(new FakeHost(), "x/none.conf", {}, [])).rejects.toMatchObject({
      message: expect.stringMatching(/policies\/x\/none\.conf cannot be read/) as string,
      hint: expect.stringMatching(/git checkout/) as string,
    });
  });
});
