/** What a run on a cluster's node is besides a run: which node it is told to be, and that its record goes out line by line. */
import type { RecordLine } from "../domain/record.ts";
import type { HostFingerprint } from "../domain/run-header.ts";
import type { HeldWish } from "../domain/wish.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import type { RecordWriter } from "../record/writer.ts";
import type { PodSetting, Session } from "./session.ts";

export const fingerprintOf = async ({ host, pod }: Session): Promise<HostFingerprint> => {
  const fingerprint = await readFingerprint(host);
  if (pod === undefined) return fingerprint;
  const { hostname, distribution } = fingerprint;
  return {
    ...fingerprint,
    // Its own are the pod's and the image's.
    hostname: pod.told.node ?? hostname,
    distribution: pod.told.osImage ?? distribution,
    kubernetes: { ...pod.told, pods: pod.pods },
  };
};

export const appendingTo =
  (writer: Pick<RecordWriter, "append">, { pod }: Pick<Session, "pod">) =>
  async (line: RecordLine): Promise<void> => {
    const told = pod === undefined ? line : withWishes(line, pod);
    const text = await writer.append(told);
    pod?.recorded(told, text);
  };

/** So that who conducts the cluster can say of a wish that what was measured under it is void. */
const withWishes = (line: RecordLine, { held }: PodSetting): RecordLine => {
  switch (line.type) {
    case "turn":
    case "trial":
    case "overflow":
    case "coverage":
    case "watch":
      return { ...line, ...wishesOf(held(line.agent)) };
    case "load":
      return { ...line, ...wishesOf(held(line.turn.agent)) };
    case "header":
    case "block":
    case "resume":
    case "end":
    case "void":
      return line;
  }
};

const wishesOf = (wishes: readonly HeldWish[]): { readonly wishes?: HeldWish[] } =>
  wishes.length === 0 ? {} : { wishes: [...wishes] };
