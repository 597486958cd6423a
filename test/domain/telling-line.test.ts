/** Of what programs say before they end, the line that tells why: lines as they were seen. */
import { expect, test } from "vitest";
import { tellingLine } from "../../src/domain/telling-line.ts";

/** Tetragon 1.7.0, of a policy with an unknown field. */
const TETRAGON = `level=warn msg="Procfs execve event pods/ identifier error" error="open /proc/12362/cgroup: no such file or directory"
level=info msg="Cgroup rate disabled (0/0s)"
level=info msg="Unloading sensor __base__"
level=info msg="Sensor unloaded" sensor=__base__ maps-error=[]
level=info msg="Observer events statistics" received=0 lost=0 errors=0 filterPass=0 filterDrop=0
level=error msg="Failed to execute tetragon" error="failed to unmarshal into typed object: json: unknown field \\"kprobe\\""
`;

test.each([
  [
    "the last that names a failure",
    TETRAGON,
    /^level=error msg="Failed to execute tetragon" error="failed to/,
  ],
  [
    "with its usage behind it",
    "Error: unknown flag: --outptu\nUsage:\n  tracee [flags]\n\nFlags:\n  -h, --help   help for tracee\n",
    /^Error: unknown flag: --outptu$/,
  ],
  ["the last where none does", "loading\nattached\r\n\n", /^attached$/],
  ["nothing where it said nothing", " \n", /^$/],
])("%s", (_, text, line) => {
  expect(tellingLine(text)).toMatch(line);
});

test("a long one is cut, and says so", () => {
  const line = tellingLine(`error: one of [${"int ".repeat(200)}]`);
  expect(line).toHaveLength(404);
  expect(line).toMatch(/^error: one of \[int .* \.\.\.$/);
});
