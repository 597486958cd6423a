/** What a container does, instead of an image: a function, or a process of its own. */
import type { V1Container, V1Pod } from "@kubernetes/client-node";

/** What a process can see of the node that it runs on. */
export interface NodeView {
  readonly name: string;
  /** Whether a container of such a pod runs here, whatever the API says of it. */
  runs(ofPod: (pod: V1Pod) => boolean): boolean;
}

export interface Started {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly node: NodeView;
  /** A line of its output. */
  readonly print: (line: string) => void;
  /** As SIGTERM. */
  readonly stop: AbortSignal;
  /** As SIGKILL: nobody waits for it any longer. */
  readonly kill: AbortSignal;
}

/** Settles with its exit code. */
export type Program = (started: Started) => Promise<number>;

/** By image. One that is missing cannot be pulled. */
export type Images = Readonly<Record<string, Program>>;

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((settle) => {
    if (signal.aborted) settle();
    else signal.addEventListener("abort", () => settle(), { once: true });
  });

/** Does nothing until it is told to stop. */
export const sleeper: Program = async ({ stop }) => {
  await aborted(stop);
  return 0;
};
