/** What whoever types the command must be allowed to do, verb by verb: asked of the server before anything is made. */
import type { Access } from "../cluster.ts";
import type { BenchPlan, DaemonSetName } from "../plan.ts";
import { CONDUCTOR_RIGHTS, type Right as ConductorRight } from "../rights.ts";

export interface Right extends Access {
  /** What it is needed for. */
  readonly why: string;
  /** Without it not even a plan can be made. */
  readonly toLook?: true;
  /** Without it less is known before, or it is asked for more often. */
  readonly optional?: true;
}

export interface Asking {
  readonly namespaces: BenchPlan["namespaces"];
  /** Those that are to be on the nodes. */
  readonly agents: readonly DaemonSetName[];
  /** `local`: this process does what the conductor's service account may do otherwise; undefined: nothing is stopped. */
  readonly conductor: "local" | "job" | undefined;
}

const verbs = (names: readonly string[], of: Omit<Right, "verb">): readonly Right[] =>
  names.map((verb) => ({ verb, ...of, ...(verb === "watch" ? { optional: true } : {}) }));

const JOBS = { resource: "jobs", group: "batch" } as const;
const LEASES = { resource: "leases", group: "coordination.k8s.io" } as const;

export const rightsFor = (asking: Asking): readonly Right[] => {
  const { namespaces, agents, conductor } = asking;
  const { nodes, control } = namespaces;
  return unique([
    ...verbs(["list"], { resource: "nodes", why: "to choose nodes", toLook: true }),
    ...verbs(["list"], { resource: "pods", why: "to count slots and room on each node", toLook: true }),
    ...agents.flatMap(({ namespace, name }) =>
      verbs(["get"], {
        resource: "daemonsets",
        group: "apps",
        namespace,
        name,
        why: "to see how the agent is placed",
        toLook: true,
      }),
    ),
    ...verbs(["create", "get", "list", "delete"], {
      ...JOBS,
      namespace: nodes,
      why: "for the Jobs on the nodes",
    }),
    ...verbs(["get"], { resource: "pods", subresource: "log", namespace: nodes, why: "to collect results" }),
    ...verbs(["list", "watch"], { resource: "pods", namespace: nodes, why: "to see how far the nodes are" }),
    ...(conductor === "job"
      ? verbs(["create", "get", "list", "delete"], {
          ...JOBS,
          namespace: control,
          why: "for the conductor",
        })
      : []),
    ...(conductor === "job"
      ? verbs(["create"], {
          resource: "subjectaccessreviews",
          group: "authorization.k8s.io",
          why: "to see before anything is made what the conductor may do; without it that is left open",
          optional: true,
        })
      : []),
    ...verbs(["list", "watch", "delete"], {
      resource: "pods",
      namespace: control,
      why: "to see agents off and on, and to clean holds up",
    }),
    ...verbs(["list", "delete"], { ...LEASES, namespace: control, why: "to see and free benched nodes" }),
    ...(conductor === "local"
      ? conductorRights(asking).map((right) => ({ ...right, why: `the conductor ${right.why}` }))
      : []),
  ]);
};

/** Of the conductor's service account. */
export const conductorRights = (asking: Pick<Asking, "namespaces" | "agents">): readonly Right[] =>
  unique(CONDUCTOR_RIGHTS.flatMap((right) => granted(right, asking)));

const granted = (
  right: ConductorRight,
  { namespaces, agents }: Pick<Asking, "namespaces" | "agents">,
): readonly Right[] => {
  const [resource = "", subresource] = right.resource.split("/");
  const of = {
    resource,
    ...(right.group === "" ? {} : { group: right.group }),
    ...(subresource === undefined ? {} : { subresource }),
    why: right.why,
  };
  switch (right.where) {
    case "cluster":
      return verbs(right.verbs, of);
    case "control":
      return verbs(right.verbs, { ...of, namespace: namespaces.control });
    case "nodes":
      return verbs(right.verbs, { ...of, namespace: namespaces.nodes });
    case "agent":
      return agents.flatMap(({ namespace, name }) =>
        verbs(right.verbs, { ...of, namespace, ...(right.named === undefined ? {} : { name }) }),
      );
  }
};

/** Each is asked for once, for the first reason. */
const unique = (rights: readonly Right[]): readonly Right[] =>
  [...new Map(rights.toReversed().map((right) => [rightText(right), right])).values()].toReversed();

/** `create jobs.batch in namespace tare`. */
export const rightText = ({ verb, resource, group, subresource, namespace, name }: Access): string =>
  [
    `${verb} ${resource}${group === undefined ? "" : `.${group}`}${subresource === undefined ? "" : `/${subresource}`}`,
    ...(name === undefined ? [] : [name]),
    ...(namespace === undefined ? whole(resource) : [`in namespace ${namespace}`]),
  ].join(" ");

const HAVE_NO_NAMESPACE = ["nodes", "priorityclasses", "namespaces", "subjectaccessreviews"];

const whole = (resource: string): readonly string[] =>
  HAVE_NO_NAMESPACE.includes(resource) ? [] : ["in all namespaces"];
