/** What a run on a cluster's node is besides a run: which node it is told to be, and that its record goes out line by line. */
import type { HostFingerprint, RecordLine } from "../domain/record.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import type { RecordWriter } from "../record/writer.ts";
import type { Session } from "./session.ts";

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
    const text = await writer.append(line);
    pod?.recorded(line, text);
  };
