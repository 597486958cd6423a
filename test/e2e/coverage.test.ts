/** `tare coverage` on the real kernel: what tare's own sensor sees is what its data sheet says, and the node is as it was. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, type TestContext } from "vitest";
import type { CoverageMatrix, MatrixCell } from "../../src/domain/coverage-matrix.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { NOBODY, whyNotNobody } from "../support/nobody.ts";
import { tare } from "../support/tare-command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const out = join(folder, "run");
let run: ReturnType<typeof tare> | undefined;
let matrix: CoverageMatrix | undefined;

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root";
  const agents = JSON.parse(tare(["agents", "--json"]).stdout) as {
    readonly id: string;
    readonly reason: string | null;
  }[];
  return agents.find(({ id }) => id === "sensor")?.reason ?? undefined;
};

let obstacle: string | undefined;
beforeAll(() => {
  obstacle = whyNot();
  if (obstacle !== undefined) return;
  const page = join(folder, "page.html");
  const flags = ["--out", out, "--report", page, "--allow-foreign", "--json"];
  run = tare(["coverage", "--agents", "sensor", ...flags]);
  if (run.stdout !== "") ({ matrix } = JSON.parse(run.stdout) as { matrix: CoverageMatrix });
});

const skipWhere = ({ skip }: TestContext): void => {
  skip(obstacle !== undefined, obstacle);
};

const cellOf = (technique: string): MatrixCell | undefined =>
  matrix?.cells.find((cell) => cell.technique === technique);

describe("the sensor's coverage", () => {
  test("is what its data sheet claims", (context) => {
    skipWhere(context);
    const wrong = matrix?.cells.filter(({ holds }) => holds === false);
    expect(wrong).toEqual([]);
    expect(run?.stderr).not.toContain("left on the node");
    expect(run?.status).toBe(0);
  });

  test.for([
    ["exec-path", "right"],
    ["exec-pid-namespace", "right"],
    ["exec-memfd", "right"],
    ["exec-loader", "otherwise"],
    ["open-openat2", "right"],
    ["open-dirfd", "otherwise"],
    ["open-handle", "right"],
    ["open-io-uring", "right"],
    ["open-io-uring-sqpoll", "right"],
    ["connect-tcp", "right"],
    ["connect-ipv6", "right"],
    ["connect-io-uring", "right"],
    ["connect-sendto", "nothing"],
    ["change-rename", "nothing"],
  ] as const)("of %s: %s", ([technique, told], context) => {
    skipWhere(context);
    const cell = cellOf(technique);
    context.skip(cell === undefined, "this node cannot do it");
    expect(cell?.told).toBe(told);
  });

  test("is in the record, beside which the summaries and the page lie", (context) => {
    skipWhere(context);
    const lines = readFileSync(join(out, "record.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RecordLine);
    expect(lines.map(({ type }) => type)).toEqual(["header", "coverage", "end"]);
    expect(lines[1]).toMatchObject({ agent: "sensor", leftovers: [] });
    for (const name of ["summary.json", "coverage.csv"]) expect(existsSync(join(out, name))).toBe(true);
    const again = tare(["report", out, "--print", "markdown"]);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain("an open through io\\_uring");
  });
});

test("names that are unknown are refused before anything is started", () => {
  const refused = tare(["coverage", "--techniques", "open-uring"]);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('unknown technique "open-uring"');
  expect(refused.stderr).toContain('did you mean "open-io-uring"?');
});

test("the list needs no root, and fits 80 columns", ({ skip }) => {
  const isRoot = process.getuid?.() === 0;
  const obstacle = isRoot ? whyNotNobody() : undefined;
  skip(obstacle !== undefined, obstacle);
  const { status, stdout } = tare(["coverage", "--list"], isRoot ? { uid: NOBODY } : {});
  expect(status).toBe(0);
  expect(stdout).toContain("open-io-uring-sqpoll");
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});
