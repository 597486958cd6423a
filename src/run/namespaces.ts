/** Where a turn's processes run: on the node itself, or in private namespaces. */
import type { StartSpec } from "../domain/host.ts";

export interface Namespaces {
  inside(command: readonly string[]): readonly string[];
}

export const ON_THE_NODE: Namespaces = { inside: (command) => command };

export const startedIn = <Spec extends Pick<StartSpec, "command" | "args">>(
  namespaces: Namespaces,
  spec: Spec,
): Spec => {
  const [command = spec.command, ...args] = namespaces.inside([spec.command, ...spec.args]);
  return { ...spec, command, args };
};
