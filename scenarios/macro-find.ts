import { defineScenario, runsOf, TAKES_LONG } from "../src/domain/scenario.ts";
import { FILE_TREE } from "./driver/file-tree.ts";

export default defineScenario({
  id: "macro-find",
  title: "find",
  summary: "find over 10,000 files in 100 folders, by their size: it looks at each and opens none",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { find: "findutils" },
    preparation: FILE_TREE,
    run: "find . -type f -size +1024k",
  },
  optIn: TAKES_LONG,
  secondsEach: 0.05,
  loads: runsOf(20),
});
