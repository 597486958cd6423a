import { defineScenario, runsOf, TAKES_LONG } from "../src/domain/scenario.ts";
import { FILE_TREE } from "./driver/file-tree.ts";

/** Into a pipe: what it writes to /dev/null, tar does not read. */
export default defineScenario({
  id: "macro-tar",
  title: "tar",
  summary: "tar of 10,000 small files in 100 folders into a pipe: it opens and reads each",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { tar: "tar", wc: "coreutils" },
    preparation: FILE_TREE,
    run: "tar --create --file=- . | wc -c",
  },
  optIn: TAKES_LONG,
  secondsEach: 0.3,
  loads: runsOf(5),
});
