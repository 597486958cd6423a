import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { compare } from "../../../src/analyse/compare/compare.ts";
import { diffRecords } from "../../../src/analyse/compare/diff.ts";
import type { Loaded } from "../../../src/analyse/compare/conditions.ts";
import comparisonSchema from "../../../docs/schemas/comparison.schema.json" with { type: "json" };
import diffSchema from "../../../docs/schemas/diff.schema.json" with { type: "json" };
import { comparisonJson, diffJson, renderJson } from "../../../src/report/json.ts";
import summarySchema from "../../../docs/schemas/summary.schema.json" with { type: "json" };
import { sideOf } from "../../analyse/support/sides.ts";

const faultsOf = (schema: object, value: unknown): readonly string[] => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
  const validate = ajv.addSchema(summarySchema).compile(schema);
  return validate(value)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
};

const written = (value: unknown): unknown => JSON.parse(renderJson("written", value));

const budgets = [{ scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 15 } }] as const;
const nodes = (): readonly Loaded[] =>
  [100, 101, 99, 400].map((costNs, index) =>
    sideOf({ costNs, seed: index + 1, run: { budgets }, host: { hostname: `n${index}` } }),
  );
const few = (): Loaded => sideOf({ run: { blocks: 2, agents: ["probe", "other"] } });
const otherLoad = (): Loaded =>
  sideOf({ run: { loads: [{ kind: "closed", batches: 4, batchOperations: 100, warmupOperations: 10 }] } });

describe("what is written fits its schema:", () => {
  test.each<[string, () => readonly Loaded[]]>([
    ["nodes of one kind", nodes],
    ["too few blocks, another agent", () => [few(), sideOf()]],
    ["loads that are kept apart", () => [sideOf(), otherLoad()]],
  ])("a comparison of %s", (_, sides) => {
    const compared = compare(sides());
    expect(
      compared.kind === "comparison"
        ? faultsOf(comparisonSchema, written(comparisonJson(compared.comparison)))
        : [compared.kind],
    ).toEqual([]);
  });

  test.each<[string, () => readonly [Loaded, Loaded]]>([
    [
      "a change of cost and verdict",
      () => [sideOf({ run: { budgets } }), sideOf({ costNs: 900, seed: 2, run: { budgets } })],
    ],
    ["too few blocks", () => [few(), few()]],
    ["loads that are kept apart", () => [sideOf(), otherLoad()]],
    ["an emulated record", () => [sideOf(), sideOf({ host: { emulated: true } })]],
  ])("a diff with %s", (_, make) => {
    const [before, after] = make();
    const diffed = diffRecords(before, after, 1);
    expect(
      diffed.kind === "diff" ? faultsOf(diffSchema, written(diffJson(diffed.diff))) : [diffed.kind],
    ).toEqual([]);
  });
});

test("the schemas refuse what nobody declared", () => {
  const compared = compare([sideOf(), sideOf({ host: { arch: "aarch64" } })]);
  if (compared.kind === "refused") throw new Error("refused");
  expect(
    faultsOf(comparisonSchema, written({ ...comparisonJson(compared.comparison), extra: 1 })),
  ).toHaveLength(1);
  expect(
    faultsOf(comparisonSchema, written({ ...comparisonJson(compared.comparison), sides: [] })),
  ).toHaveLength(1);
  expect(faultsOf(diffSchema, { schema: 2 })).not.toEqual([]);
});
