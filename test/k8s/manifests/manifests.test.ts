/** What the manifests say, and that plain text, kustomize base and Helm chart say the same. */
import type { KubernetesObject, V1PolicyRule } from "@kubernetes/client-node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { CAPABILITIES } from "../../../src/k8s/capabilities.ts";
import { chartFiles } from "../../../src/k8s/manifests/helm.ts";
import { kustomizeFiles, plainText } from "../../../src/k8s/manifests/plain.ts";
import { Values } from "../../../src/k8s/manifests/values.ts";
import { nodeJob } from "../../../src/k8s/objects/node-job.ts";
import { CONDUCTOR_RIGHTS } from "../../../src/k8s/rights.ts";
import { render } from "./render.ts";
import { misfits } from "./shape.ts";

type Found = KubernetesObject & Readonly<Record<string, unknown>>;

/** A document without an object is what `---` before a loop's first object leaves. */
const objectsIn = (text: string): readonly Found[] =>
  parseAllDocuments(text)
    .map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Found | null;
    })
    .filter((found) => found !== null);

const TETRAGON = { namespace: "kube-system", daemonSet: "tetragon" };
const FALCO = { namespace: "falco", daemonSet: "falco" };
const VALUES = Values.parse({ agents: [TETRAGON, FALCO], scc: { create: true } });
const OBJECTS = objectsIn(plainText(VALUES));

const nameOf = ({ kind, metadata }: Found): string =>
  [kind, metadata?.namespace, metadata?.name].filter((part) => part !== undefined).join(" ");
const named = (name: string, objects = OBJECTS): Found => {
  const found = objects.find((one) => nameOf(one) === name);
  if (found === undefined) throw new Error(`no ${name} among ${objects.map(nameOf).join(", ")}`);
  return found;
};

test("these objects are all that tare makes in a cluster before a bench", () => {
  expect(OBJECTS.map(nameOf)).toEqual([
    "Namespace tare",
    "Namespace tare-control",
    "ServiceAccount tare tare-node",
    "ServiceAccount tare-control tare-conductor",
    "NetworkPolicy tare tare-no-network",
    "ResourceQuota tare-control tare-critical-pods",
    "ValidatingAdmissionPolicy tare-agent-pods",
    "ValidatingAdmissionPolicyBinding tare-agent-pods",
    "ValidatingAdmissionPolicy tare-hold-deadline",
    "ValidatingAdmissionPolicyBinding tare-hold-deadline",
    "SecurityContextConstraints tare-node",
    "RoleBinding tare-control tare-nonroot",
    "Role tare tare-conductor",
    "RoleBinding tare tare-conductor",
    "Role tare-control tare-conductor",
    "RoleBinding tare-control tare-conductor",
    "ClusterRole tare-conductor",
    "ClusterRoleBinding tare-conductor",
    "Role kube-system tare-conductor.tetragon",
    "RoleBinding kube-system tare-conductor.tetragon",
    "Role falco tare-conductor.falco",
    "RoleBinding falco tare-conductor.falco",
  ]);
});

describe("the shape that the API gives them", () => {
  /** OpenShift's, which the client library does not have. */
  const known = OBJECTS.filter(({ kind }) => kind !== "SecurityContextConstraints");

  test.each(known.map((object) => [nameOf(object), object] as const))("%s has", (_, object) => {
    expect(misfits(object, `V1${object.kind}`)).toEqual([]);
  });

  test("would be missed by a misspelt, a misplaced and a mistyped attribute", () => {
    const quota = named("ResourceQuota tare-control tare-critical-pods");
    expect(misfits({ ...quota, specs: {} }, "V1ResourceQuota")).toEqual(["V1ResourceQuota: unknown specs"]);
    expect(misfits({ ...quota, spec: { pods: "20" } }, "V1ResourceQuota")).toEqual([
      "V1ResourceQuota.spec: unknown pods",
    ]);
    expect(misfits({ ...quota, spec: { hard: { pods: 20 } } }, "V1ResourceQuota")).toEqual([
      "V1ResourceQuota.spec.hard.pods: no string",
    ]);
  });
});

describe("one source", () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
  const values = fc.record({
    namespace: label,
    agents: fc.array(
      fc.record({ namespace: label, daemonSet: fc.stringMatching(/^[a-z]([a-z0-9.-]{0,10}[a-z0-9])?$/) }),
      {
        maxLength: 4,
      },
    ),
    maxHoldSeconds: fc.integer({ min: 30, max: 900 }),
    criticalPods: fc.integer({ min: 1, max: 1000 }),
    scc: fc.record({ create: fc.boolean() }),
  });

  test("the chart, rendered with any values, is the plain text of these values", () => {
    const chart = chartFiles(Values.parse({}), "1.2.3");
    fc.assert(
      fc.property(values, (some) => {
        const rendered = [...chart]
          .filter(([file]) => file.startsWith("templates/") && file.endsWith(".yaml"))
          .map(([, template]) => render(template, { Values: some }))
          .filter((text) => text.trim() !== "");
        expect(objectsIn(rendered.join("---\n"))).toEqual(objectsIn(plainText(some)));
      }),
    );
  });

  test("the flags' values are the chart's defaults", () => {
    fc.assert(
      fc.property(values, (some) => {
        expect(parse(chartFiles(some, "1.2.3").get("values.yaml") ?? "")).toEqual(some);
      }),
    );
  });

  test("the base of kustomize lists its files, and they hold the plain text", () => {
    const files = new Map(kustomizeFiles(VALUES));
    const { resources } = parse(files.get("kustomization.yaml") ?? "") as { resources: readonly string[] };
    files.delete("kustomization.yaml");
    expect(resources).toEqual([...files.keys()]);
    expect(resources.map((file) => files.get(file)).join("---\n")).toBe(plainText(VALUES));
  });

  test("a part without an object has no file in it", () => {
    expect([...kustomizeFiles(Values.parse({})).keys()]).toEqual([
      "kustomization.yaml",
      "namespaces.yaml",
      "accounts.yaml",
      "network.yaml",
      "quota.yaml",
      "policies.yaml",
      "rights.yaml",
    ]);
  });
});

describe("rights", () => {
  const rules = OBJECTS.flatMap((object) => (object["rules"] ?? []) as readonly V1PolicyRule[]);

  test("none is of everything, and none is a way to more", () => {
    expect(rules.length).toBeGreaterThanOrEqual(CONDUCTOR_RIGHTS.length);
    const words = rules.flatMap(({ apiGroups = [], resources = [], verbs }) => [
      ...apiGroups,
      ...resources,
      ...verbs,
    ]);
    expect(words.filter((word) => word.includes("*"))).toEqual([]);
    expect(
      words.filter((word) =>
        /^(secrets|pods\/(exec|attach|portforward|ephemeralcontainers)|nodes\/proxy|serviceaccounts\/token|impersonate|escalate|bind|deletecollection)$/.test(
          word,
        ),
      ),
    ).toEqual([]);
  });

  test("each of the table is in the role of its place, and no other is", () => {
    const inRole = (name: string, agent?: string): unknown =>
      (named(name)["rules"] as readonly V1PolicyRule[]).map((rule) => [
        rule.resources?.[0],
        rule.verbs,
        rule.resourceNames?.[0] === agent ? rule.resourceNames?.length : rule.resourceNames,
      ]);
    const inTable = (where: string): unknown =>
      CONDUCTOR_RIGHTS.filter((right) => right.where === where).map(({ resource, verbs, named: of }) => [
        resource,
        verbs,
        of === undefined ? undefined : 1,
      ]);
    expect(inRole("Role tare tare-conductor")).toEqual(inTable("nodes"));
    expect(inRole("Role tare-control tare-conductor")).toEqual(inTable("control"));
    expect(inRole("ClusterRole tare-conductor")).toEqual(inTable("cluster"));
    expect(inRole("Role kube-system tare-conductor.tetragon", "tetragon")).toEqual(inTable("agent"));
  });

  test("the conductor alone has any, beside OpenShift's that lets holds be admitted", () => {
    const subjects = OBJECTS.filter(({ kind }) => kind?.endsWith("RoleBinding")).map((binding) => [
      nameOf(binding),
      binding["subjects"],
    ]);
    const [others, conductors] = [
      subjects.filter(([name]) => String(name).includes("nonroot")),
      subjects.filter(([name]) => !String(name).includes("nonroot")),
    ];
    expect(others).toHaveLength(1);
    expect(new Set(conductors.map(([, who]) => JSON.stringify(who)))).toEqual(
      new Set([
        JSON.stringify([{ kind: "ServiceAccount", name: "tare-conductor", namespace: "tare-control" }]),
      ]),
    );
  });
});

test("the node pod's account has no token, and OpenShift admits what the node Job asks for", () => {
  expect(named("ServiceAccount tare tare-node")["automountServiceAccountToken"]).toBe(false);
  const constraints = named("SecurityContextConstraints tare-node");
  const { template } = nodeJob(
    {
      version: 1,
      bench: "b1",
      namespaces: { nodes: "tare", control: "tare-control" },
      image: "image",
      imagePullPolicy: "Never",
      imagePullSecrets: [],
      nodes: [],
      agents: [],
      off: { holdSeconds: 60, maxSeconds: 60 },
      maxUnprotected: 1,
      node: { args: [], deadlineSeconds: 600, requests: { cpu: "1", memory: "1Gi" }, folders: [] },
      seed: 1,
    },
    { name: "a", stratum: { instanceType: "m", architecture: "amd64", kernel: "6.12.1", osImage: "RHCOS" } },
  ).spec ?? { template: {} };
  const [container] = template.spec?.containers ?? [];
  expect(constraints["users"]).toEqual(["system:serviceaccount:tare:tare-node"]);
  expect(template.spec?.serviceAccountName).toBe("tare-node");
  expect(container?.securityContext?.capabilities?.add).toEqual(constraints["allowedCapabilities"]);
  expect(constraints["allowedCapabilities"]).toEqual(Object.keys(CAPABILITIES));
  const sources = (template.spec?.volumes ?? []).map((volume) =>
    Object.keys(volume).find((key) => key !== "name"),
  );
  expect(
    sources.filter((source) => !(constraints["volumes"] as readonly unknown[]).includes(source)),
  ).toEqual([]);
});

describe("the chart", () => {
  const chart = chartFiles(VALUES, "1.2.3");

  test("has the version of tare, and the first Kubernetes whose admission policies it uses", () => {
    expect(parse(chart.get("Chart.yaml") ?? "")).toMatchObject({
      version: "1.2.3",
      kubeVersion: ">=1.30.0-0",
    });
  });

  test("says of every value what it is for", () => {
    const text = chart.get("values.yaml") ?? "";
    const without = Object.keys(Values.shape).filter(
      (name) => name !== "scc" && !new RegExp(String.raw`^# .+\n${name}:`, "m").test(text),
    );
    expect(without).toEqual([]);
  });

  test("has a schema by which its defaults fit and misspelt values do not", async () => {
    const { Ajv } = await import("ajv");
    const validate = new Ajv().compile(JSON.parse(chart.get("values.schema.json") ?? "") as object);
    const fits = (values: unknown): boolean => validate(values);
    expect(fits(VALUES)).toBe(true);
    expect(fits({})).toBe(true);
    expect(fits({ global: { registry: "x" } })).toBe(true);
    expect(fits({ agent: [] })).toBe(false);
    expect(fits({ agents: [{ namespace: "kube-system", name: "tetragon" }] })).toBe(false);
    expect(fits({ agents: [{ namespace: "kube-system", daemonSet: "'] || true //" }] })).toBe(false);
    expect(fits({ maxHoldSeconds: 86_400 })).toBe(false);
    expect(fits({ namespace: "a".repeat(60) })).toBe(false);
  });
});
