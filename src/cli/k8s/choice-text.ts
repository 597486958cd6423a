/** What `tare k8s plan` prints: which nodes, which not and why, how long, what is made and what it means for the cluster. */
import { MIN_NODES } from "../../analyse/fleet/random-effects.ts";
import type { AgentRefusal, ControlRefusal } from "../../k8s/choose/refusal.ts";
import { worded } from "../../k8s/choose/refusal-words.ts";
import { type Right, rightText } from "../../k8s/choose/rights.ts";
import { chosenNodes, type Choice } from "../../k8s/choose/choose.ts";
import { CONDUCTOR_ACCOUNT } from "../../k8s/objects/conductor-job.ts";
import { stratumText } from "../../k8s/choose/strata.ts";
import { layOut, type TextColumn } from "../../report/text-table.ts";
import { formatNumberOf } from "../../report/format.ts";
import { wrap } from "../../report/width.ts";
import { clock } from "../live-view.ts";
import type { Namespaces } from "./connect.ts";
import type { PreparedBench } from "./prepare.ts";

const column = (header: string, cells: readonly string[], isRight = false, expendable = 0): TextColumn => ({
  header: [header],
  isRight,
  expendable,
  cells,
});

const tableText = (columns: readonly TextColumn[], room: number): readonly string[] => {
  const { header, rows } = layOut(columns, room);
  return [...header, ...rows];
};

const kindsText = ({ kinds }: Choice, room: number): readonly string[] =>
  tableText(
    [
      column(
        "instance type",
        kinds.map(({ stratum }) => stratum.instanceType),
      ),
      column(
        "architecture",
        kinds.map(({ stratum }) => stratum.architecture),
      ),
      column(
        "kernel",
        kinds.map(({ stratum }) => stratum.kernel),
      ),
      column(
        "OS image",
        kinds.map(({ stratum }) => stratum.osImage),
        false,
        1,
      ),
      column(
        "nodes",
        kinds.map(({ nodes }) => String(nodes)),
        true,
      ),
      column(
        "fit",
        kinds.map(({ fit }) => String(fit)),
        true,
      ),
      column(
        "drawn",
        kinds.map(({ chosen }) => String(chosen)),
        true,
      ),
    ],
    room,
  );

/** All that are drawn; of the others only those with something in the way. */
const nodesText = ({ nodes }: Choice, room: number): readonly string[] => {
  const drawn = nodes.filter(({ isChosen }) => isChosen).map(({ name }) => name);
  const refused = nodes.filter(({ refusals }) => refusals.length > 0);
  const lines = refused.flatMap(({ name, refusals }) => [
    `  ${name}`,
    ...refusals.flatMap((refusal) => reasonLines(worded(refusal), room, "    ")),
  ]);
  return [
    ...(drawn.length === 0 ? ["no node can be benched"] : [`benched: ${drawn.join(", ")}`]),
    ...(refused.length === 0 ? [] : ["", `not benched: ${refused.length} of ${nodes.length}`, ...lines]),
  ];
};

const reasonLines = (
  { reason, hint }: { readonly reason: string; readonly hint: string },
  room: number,
  indent: string,
): readonly string[] => [
  ...wrap(reason, room - indent.length).map((line) => indent + line),
  ...wrap(`hint: ${hint}`, room - indent.length - 2).map((line) => `${indent}  ${line}`),
];

const refusedText = (
  title: string,
  refusals: readonly (AgentRefusal | ControlRefusal)[],
  room: number,
): readonly string[] =>
  refusals.length === 0
    ? []
    : [title, ...refusals.flatMap((refusal) => reasonLines(worded(refusal), room, "  ")), ""];

const rightLines = (rights: readonly Right[], room: number): readonly string[] =>
  rights.flatMap((right) => wrap(`${rightText(right)}: ${right.why}`, room - 2).map((line) => `  ${line}`));

/** `tare k8s manifests` of this bench, as its conductor needs them. */
const manifestsFor = (names: readonly string[], { control }: Namespaces): string => {
  const namespace = control.replace(/-control$/, "");
  const words = [
    ...(namespace === "tare" ? [] : [`--namespace ${namespace}`]),
    ...names.map((name) => `--agent ${name}`),
  ];
  return `tare k8s manifests ${words.join(" ")} | kubectl apply -f -`;
};

const conductorText = (
  { conductor: { missing, unwatched, unchecked }, agents }: Choice,
  namespaces: Namespaces,
  room: number,
): readonly string[] => [
  ...(missing.length === 0
    ? []
    : [
        ...wrap(
          `the conductor (service account ${CONDUCTOR_ACCOUNT} in ${namespaces.control}) may not:`,
          room,
        ),
        ...rightLines(missing, room),
        ...wrap(
          `hint: ${manifestsFor(
            agents.map(({ name }) => name),
            namespaces,
          )}`,
          room - 4,
        ).map((line) => `    ${line}`),
        "",
      ]),
  ...(unwatched.length === 0
    ? []
    : [
        ...wrap(
          `the conductor may not watch, and asks every second instead. This is mended by ${manifestsFor(
            agents.map(({ name }) => name),
            namespaces,
          )}`,
          room,
        ),
        ...rightLines(unwatched, room),
        "",
      ]),
  ...(unchecked.length === 0
    ? []
    : [
        ...wrap(
          "not checked: what the conductor may do, for you may not create subjectaccessreviews.authorization.k8s.io. If it may not, the bench says so when it begins, and takes nothing off:",
          room,
        ),
        ...rightLines(unchecked, room),
        "",
      ]),
];

const obstaclesText = ({ agents, control, missingRights }: Choice, room: number): readonly string[] => [
  ...agents.flatMap(({ name, refusals }) => refusedText(`${name} cannot be taken off:`, refusals, room)),
  ...refusedText("the cluster is not ready for a bench:", control, room),
  ...(missingRights.length === 0 ? [] : ["you may not:", ...rightLines(missingRights, room), ""]),
];

/** What a cluster's owners should know before. */
const meaningText = ({ plan, minutes, choice }: PreparedBench, room: number): readonly string[] => {
  if (plan === undefined) return [];
  const { nodes, control } = plan.namespaces;
  const count = chosenNodes(choice).length;
  const stopped = plan.agents.join(", ");
  const each = `at most ${formatNumberOf(plan.maxUnprotected, "node")} at a time, back ${plan.off.holdSeconds} s after everything else has died`;
  const told =
    plan.agents.length === 0
      ? ["nothing is taken off any node"]
      : [
          `${stopped} is taken off its node for each turn without it: ${each}.`,
          "Meanwhile alerts on its readiness may fire after some minutes, and a rollout of it with maxUnavailable 1 stands still on all nodes.",
        ];
  const makes = [
    `${formatNumberOf(count, "Job")} in ${nodes}`,
    ...(plan.agents.length === 0 ? [] : [`conductor, holds and Leases in ${control}`]),
  ];
  return [
    "",
    `time   about ${clock(minutes.seconds * 1000)} (minutes:seconds)`,
    ...(minutes.rounds > 1
      ? [`       ${minutes.rounds} times as long as one alone: the nodes wait for each other`]
      : []),
    `makes  ${makes.join("; ")}`,
    ...(plan.node.folders.length === 0
      ? []
      : [`reads  ${plan.node.folders.join(", ")} of each node, and changes nothing there`]),
    "",
    ...told.flatMap((line) => wrap(line, room)),
  ];
};

/** Beside a verdict on nodes that nobody measured. */
const sampleText = ({ kinds }: Choice): readonly string[] => {
  const few = kinds.filter(({ chosen, fit }) => chosen > 0 && chosen < MIN_NODES && fit > chosen);
  return few.length === 0
    ? []
    : [
        "",
        `fewer than ${MIN_NODES} nodes of a kind tell nothing of a further one: --nodes ${MIN_NODES} or more (docs/fleet.md)`,
      ];
};

export const choiceText = (prepared: PreparedBench, columns: number): string => {
  const { choice } = prepared;
  return [
    ...obstaclesText(choice, columns),
    ...conductorText(choice, prepared.namespaces, columns),
    `seed ${choice.seed}, ${formatNumberOf(choice.kinds.length, "kind")} of node`,
    ...kindsText(choice, columns),
    "",
    ...nodesText(choice, columns),
    ...meaningText(prepared, columns),
    ...sampleText(choice),
  ].join("\n");
};

/** With the words, for whoever shows them elsewhere. */
export const choiceJson = ({ choice, plan, minutes }: PreparedBench): string => {
  const told = (refusals: readonly Parameters<typeof worded>[0][]) =>
    refusals.map((refusal) => ({ ...refusal, ...worded(refusal) }));
  const named = (right: Right) => ({ ...right, right: rightText(right) });
  return JSON.stringify(
    {
      seed: choice.seed,
      kinds: choice.kinds.map((kind) => ({ ...kind, name: stratumText(kind.stratum) })),
      nodes: choice.nodes.map(({ refusals, ...node }) => ({ ...node, refusals: told(refusals) })),
      agents: choice.agents.map(({ name, refusals }) => ({ name, refusals: told(refusals) })),
      cluster: told(choice.control),
      missingRights: choice.missingRights.map(named),
      conductor: {
        missingRights: choice.conductor.missing.map(named),
        notWatched: choice.conductor.unwatched.map(named),
        notChecked: choice.conductor.unchecked.map(named),
      },
      seconds: minutes.seconds,
      plan: plan ?? null,
    },
    null,
    2,
  );
};
