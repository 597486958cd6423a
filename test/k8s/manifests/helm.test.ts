/** The chart by Helm itself, where it is here: the renderer of the other tests only knows what it should need. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { chartFiles } from "../../../src/k8s/manifests/helm.ts";
import { plainText } from "../../../src/k8s/manifests/plain.ts";
import { Values } from "../../../src/k8s/manifests/values.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A path, or what is found on the search path. */
const HELM = process.env["TARE_TEST_HELM"] ?? "helm";
const isHere = spawnSync(HELM, ["version"]).status === 0;

const folder = temporaryFolder();

const helm = (
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(HELM, args, { encoding: "utf8", env: { ...process.env, HOME: folder } });

const objectsIn = (text: string): readonly unknown[] =>
  parseAllDocuments(text)
    .map(
      (document) =>
        document.toJS() as { readonly kind?: string; readonly metadata?: { readonly name?: string } } | null,
    )
    .filter((object) => object !== null)
    // Helm sorts them by kind.
    .map((object) => JSON.stringify([object.kind, object.metadata?.name, object]))
    .toSorted();

const WHY_NOT = isHere ? "" : `(no "${HELM}" here: TARE_TEST_HELM names one)`;

describe.skipIf(!isHere)(`Helm ${WHY_NOT}`, () => {
  const chart = join(folder, "chart");
  for (const [file, text] of chartFiles(Values.parse({}), "1.2.3")) {
    mkdirSync(dirname(join(chart, file)), { recursive: true });
    writeFileSync(join(chart, file), text);
  }
  const valuesFile = (values: unknown): string => {
    const file = join(folder, "values.yaml");
    writeFileSync(file, stringify(values));
    return file;
  };

  test("finds nothing wrong with the chart", () => {
    const { status, stdout, stderr } = helm("lint", "--strict", chart);
    expect([status, stderr, stdout]).toEqual([0, "", expect.stringContaining("0 chart(s) failed")]);
  });

  test.each([
    {},
    { namespace: "bench", maxHoldSeconds: 60 },
    {
      agents: [
        { namespace: "kube-system", daemonSet: "tetragon" },
        { namespace: "falco", daemonSet: "falco" },
      ],
      scc: { create: true },
    },
  ])("makes of it what the plain text says: %j", (some) => {
    const { status, stdout, stderr } = helm(
      "template",
      "tare",
      chart,
      "--values",
      valuesFile(some),
      "--kube-version",
      "1.36.0",
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(objectsIn(stdout)).toEqual(objectsIn(plainText(Values.parse(some))));
  });

  test.each([
    [{ agent: [] }, "agent"],
    [{ agents: [{ namespace: "kube-system", daemonSet: "a'b" }] }, "daemonSet"],
    [{ maxHoldSeconds: 100_000 }, "maxHoldSeconds"],
  ])("refuses %j", (some, named) => {
    const { status, stderr } = helm(
      "template",
      "tare",
      chart,
      "--values",
      valuesFile(some),
      "--kube-version",
      "1.36.0",
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain(named);
  });

  test("refuses a cluster without these admission policies", () => {
    const { status, stderr } = helm("template", "tare", chart, "--kube-version", "1.29.0");
    expect(status).not.toBe(0);
    expect(stderr).toContain("kubeVersion");
  });
});
