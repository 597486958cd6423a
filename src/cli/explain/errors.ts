import type { ErrorKind } from "../../domain/errors.ts";
import type { Explanation } from "./explanation.ts";

export const ERRORS: Readonly<Record<ErrorKind, Explanation>> = {
  usage: {
    title: "usage error (exit code 2)",
    meaning:
      "What was asked for cannot be done as it was written: an unknown name, a broken file, flags that exclude each other.",
    next: "Follow the hint under the message.",
  },
  "host-unfit": {
    title: "node unfit (exit code 3)",
    meaning:
      "The node lacks what is needed, or is not clean enough for a measurement, for instance because another sensor already traces it.",
    next: "`tare doctor` shows what is missing and what already traces the node.",
  },
  "run-failed": {
    title: "run failed (exit code 4)",
    meaning:
      "An agent or a workload did not do what it must: it ended early, never became ready, or its settings could not be put back.",
    next: "Its last lines stand with the message. A failed trial does not end a run; a run without any measured trial is failed.",
  },
  "record-failed": {
    title: "record failed (exit code 4)",
    meaning:
      "A line of the record could not be written, most often because the disk is full. The run stops, so that nothing more is lost.",
    next: "Make room, then `tare run --resume FOLDER`.",
  },
  interrupted: {
    title: "interrupted (exit code 130)",
    meaning: "Someone stopped the run. Whatever was started is stopped, whatever was changed is put back.",
    next: "`tare run --resume FOLDER` goes on from the last whole block.",
  },
};
