/** What a run on a cluster's node is besides a run: which node it is told to be, and that its record goes out line by line. */
import { podProcesses } from "../agents/attached/pods.ts";
import type { HostFingerprint, RecordLine } from "../domain/record.ts";
import { missing, value } from "../domain/units.ts";
import { readFingerprint } from "../host/fingerprint.ts";
import type { RecordWriter } from "../record/writer.ts";
import type { Session } from "./session.ts";

export const fingerprintOf = async ({ host, pod }: Session): Promise<HostFingerprint> => {
  const fingerprint = await readFingerprint(host);
  if (pod === undefined) return fingerprint;
  const pods = (await podProcesses(host)).size;
  return {
    ...fingerprint,
    kubernetes: {
      ...pod.told,
      pods: pods > 0 ? value(pods) : missing("no control group of a process is named after a pod"),
    },
  };
};

export const appendingTo =
  (writer: Pick<RecordWriter, "append">, { pod }: Pick<Session, "pod">) =>
  async (line: RecordLine): Promise<void> => {
    const text = await writer.append(line);
    pod?.recorded(line, text);
  };
