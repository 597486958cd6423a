/**
 * Which cluster is meant, as kubectl finds it out: --kubeconfig, else the files of KUBECONFIG, else ~/.kube/config, else the service account of
 * the pod. Of several files the first to name something counts, and one that is not there is passed over.
 */
import { delimiter, dirname, join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { codeOf, messageOf, TareError } from "../../domain/errors.ts";
import { suggest } from "../../domain/suggest.ts";

export interface Where {
  readonly kubeconfig?: string;
  readonly context?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws TareError `usage` where no cluster can be meant by that */
export const loadKubeConfig = (where: Where, env: Environment): KubeConfig => {
  const config = where.kubeconfig === undefined ? fromEnvironment(env) : fromFile(where.kubeconfig);
  if (config === undefined) throw NO_CONFIG;
  chooseContext(config, where.context);
  return config;
};

const NO_CONFIG = new TareError(
  "usage",
  "no kubeconfig: neither --kubeconfig nor KUBECONFIG names one, and there is no ~/.kube/config",
  "name one with --kubeconfig FILE; in a pod its service account is used",
);

const fromEnvironment = (env: Environment): KubeConfig | undefined => {
  const { KUBECONFIG = "", HOME = "", KUBERNETES_SERVICE_HOST = "" } = env;
  const usual = HOME === "" ? [] : [join(HOME, ".kube", "config")];
  const listed = KUBECONFIG.split(delimiter).filter((path) => path !== "");
  const found = (listed.length > 0 ? listed : usual).flatMap((path) => read(path) ?? []);
  if (found.length > 0) return merged(found);
  if (KUBERNETES_SERVICE_HOST === "") return undefined;
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
};

const fromFile = (path: string): KubeConfig => {
  const config = read(path);
  if (config === undefined)
    throw new TareError("usage", `--kubeconfig ${path}: there is no such file`, "name a kubeconfig file");
  return config;
};

/** Undefined where there is no such file. */
const read = (path: string): KubeConfig | undefined => {
  const config = new KubeConfig();
  try {
    const load = config.loadFromString.bind(config);
    // Which reads the file as well.
    config.loadFromString = (text, options) => {
      load(text, options);
      takeTokenFiles(config, text, dirname(path));
    };
    config.loadFromFile(path);
    return config;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new TareError(
      "usage",
      `${path} is no kubeconfig: ${messageOf(error)}`,
      "`kubectl config view` shows what kubectl makes of it",
    );
  }
};

/**
 * The library knows no `tokenFile`, which is how a token is renewed under who uses it. It goes before a token of the
 * file itself, and its path is from the kubeconfig's folder on.
 */
const takeTokenFiles = (config: KubeConfig, text: string, folder: string): void => {
  const { users } = parse(text) as {
    readonly users?:
      null | readonly { readonly name?: string; readonly user?: { readonly tokenFile?: unknown } }[];
  };
  // An empty list is written as nothing, too.
  const files = new Map((users ?? []).map(({ name, user }) => [name, user?.tokenFile]));
  config.users = config.users.map((one) => {
    const file = files.get(one.name);
    if (typeof file !== "string" || file === "") return one;
    const { token: _, ...rest } = one;
    const tokenFile = resolve(folder, file);
    return { ...rest, authProvider: { name: "tokenFile", config: { tokenFile } } };
  });
};

/** The library's own merging lets the last one win, and refuses what two files name. */
const merged = (configs: readonly KubeConfig[]): KubeConfig => {
  const [all = new KubeConfig()] = configs;
  for (const one of configs.slice(1)) {
    for (const cluster of one.clusters) if (all.getCluster(cluster.name) === null) all.addCluster(cluster);
    for (const user of one.users) if (all.getUser(user.name) === null) all.addUser(user);
    for (const context of one.contexts)
      if (all.getContextObject(context.name) === null) all.addContext(context);
    // Typed as always there; a file need not name one.
    if (!all.currentContext && one.currentContext) all.setCurrentContext(one.currentContext);
  }
  return all;
};

const chooseContext = (config: KubeConfig, wanted: string | undefined): void => {
  const names = config.contexts.map(({ name }) => name);
  const there = names.length === 0 ? "the kubeconfig has no contexts" : `there are: ${names.join(", ")}`;
  if (wanted !== undefined) {
    if (!names.includes(wanted)) {
      const near = suggest(wanted, names);
      throw new TareError(
        "usage",
        `--context ${wanted}: no such context`,
        near === undefined ? there : `did you mean ${near}? ${there}`,
      );
    }
    config.setCurrentContext(wanted);
  } else if (!config.currentContext)
    throw new TareError(
      "usage",
      "the kubeconfig has no current context",
      `name one with --context; ${there}`,
    );
  const current = config.getContextObject(config.currentContext);
  if (current === null)
    throw new TareError(
      "usage",
      `the kubeconfig's current context is ${config.currentContext}, which it does not have`,
      there,
    );
  if (config.getCurrentCluster() === null)
    throw new TareError(
      "usage",
      `context ${current.name} names cluster ${current.cluster}, which the kubeconfig does not have`,
      "`kubectl config view` shows what it has",
    );
  // Without a user the library would not even read the cluster's certificate authority.
  if (config.getCurrentUser() === null) {
    if (current.user)
      throw new TareError(
        "usage",
        `context ${current.name} names user ${current.user}, which the kubeconfig does not have`,
        "`kubectl config view` shows what it has",
      );
    config.addUser({ name: NOBODY });
    config.contexts = config.contexts.map((one) =>
      one.name === current.name ? { ...one, user: NOBODY } : one,
    );
  }
};

const NOBODY = "anonymous";
