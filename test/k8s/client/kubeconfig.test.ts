/** Which cluster is meant, as kubectl's users expect it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { HttpMethod, RequestContext } from "@kubernetes/client-node";
import { loadKubeConfig } from "../../../src/k8s/client/kubeconfig.ts";
import { TareError } from "../../../src/domain/errors.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { kubeconfigFor } from "../server/api-server.ts";

const folder = temporaryFolder();

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const STAGING = file("staging", kubeconfigFor("https://staging:6443", "staging"));
const PRODUCTION = file("production", kubeconfigFor("https://production:6443", "production"));
/** Of the same names as another one. */
const OTHER_STAGING = file("other", kubeconfigFor("https://elsewhere:6443", "staging"));

const serverOf = (
  where: Parameters<typeof loadKubeConfig>[0],
  env: Record<string, string>,
): string | undefined => loadKubeConfig(where, env).getCurrentCluster()?.server;

const errorOf = (
  where: Parameters<typeof loadKubeConfig>[0],
  env: Record<string, string> = {},
): TareError => {
  try {
    loadKubeConfig(where, env);
  } catch (error) {
    if (error instanceof TareError) return error;
    throw error;
  }
  throw new Error("it was found");
};

test("--kubeconfig goes before KUBECONFIG, and that before the home folder's", () => {
  const home = join(folder, "home");
  const env = { KUBECONFIG: STAGING, HOME: home };
  expect(serverOf({ kubeconfig: PRODUCTION }, env)).toBe("https://production:6443");
  expect(serverOf({}, env)).toBe("https://staging:6443");
});

test("of several files the first to name something counts, and one that is missing is passed over", () => {
  const KUBECONFIG = [join(folder, "missing"), STAGING, PRODUCTION, OTHER_STAGING].join(":");
  expect(serverOf({}, { KUBECONFIG })).toBe("https://staging:6443");
  expect(serverOf({ context: "production" }, { KUBECONFIG })).toBe("https://production:6443");
});

test("in a pod its service account is used", () => {
  // The library looks there itself.
  vi.stubEnv("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  vi.stubEnv("KUBERNETES_SERVICE_PORT", "443");
  expect(serverOf({}, { KUBERNETES_SERVICE_HOST: "10.0.0.1" })).toBe("https://10.0.0.1:443");
  vi.unstubAllEnvs();
});

test("without any kubeconfig it is said where they are looked for", () => {
  expect(errorOf({}, { HOME: folder }).message).toMatch(
    /neither --kubeconfig nor KUBECONFIG.*~\/\.kube\/config/,
  );
});

test("a context that is not there is told with those that are", () => {
  const error = errorOf({ context: "stagin", kubeconfig: STAGING });
  expect(error.kind).toBe("usage");
  expect(error.message).toBe("--context stagin: no such context");
  expect(error.hint).toBe("did you mean staging? there are: staging");
});

test.each([
  ["missing", undefined, /there is no such file/],
  ["broken", "{", /is no kubeconfig/],
  ["nameless", "clusters: [{cluster: {server: 'https://x'}}]", /clusters\[0\]\.name is missing/],
  ["no-current", "contexts: [{name: a, context: {cluster: c, user: u}}]", /has no current context/],
  [
    "wrong-current",
    "current-context: b\ncontexts: [{name: a, context: {cluster: c, user: u}}]",
    /b, which it does not have/,
  ],
  [
    "no-cluster",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]",
    /cluster c, which/,
  ],
  [
    "no-user",
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://x'}}]",
    /user u, which/,
  ],
])("a kubeconfig that is %s is refused with what is wrong", (name, text, expected) => {
  const path = text === undefined ? join(folder, name) : file(name, text);
  const error = errorOf({ kubeconfig: path });
  expect(error.message).toMatch(expected);
  expect(error.exitCode).toBe(2);
});

test("a token in a file of its own is read from beside the kubeconfig, before one that stands in it", async () => {
  file("token", "from-the-file\n");
  const text = kubeconfigFor("https://staging:6443").replace(
    "{token: a-token}",
    "{token: a-token, tokenFile: token}",
  );
  const config = loadKubeConfig({ kubeconfig: file("with-token-file", text) }, {});
  const request = new RequestContext("https://staging:6443/version", HttpMethod.GET);
  await config.applySecurityAuthentication(request);
  expect(request.getHeaders()["Authorization"]?.trim()).toBe("Bearer from-the-file");
});
