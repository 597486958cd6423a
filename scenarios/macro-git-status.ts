import { defineScenario, runsOf, TAKES_LONG } from "../src/domain/scenario.ts";
import { FILE_TREE } from "./driver/file-tree.ts";

/** The settings of whoever runs tare, such as a file system monitor, must not decide what is measured. */
const GIT = "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c gc.auto=0";

export default defineScenario({
  id: "macro-git-status",
  title: "git status",
  summary: "git status in a work tree of 10,000 files, of which none has changed",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { git: "git" },
    preparation: `${FILE_TREE}
rm -rf .git
${GIT} init --quiet --initial-branch=main . &&
  ${GIT} add --all &&
  ${GIT} -c user.name=tare -c user.email=tare@localhost commit --quiet --message=files`,
    run: `${GIT} status --short`,
  },
  optIn: TAKES_LONG,
  secondsEach: 0.1,
  loads: runsOf(20),
});
