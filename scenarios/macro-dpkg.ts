import { defineScenario, runsOf, TAKES_LONG } from "../src/domain/scenario.ts";
import { FILE_TREE } from "./driver/file-tree.ts";

/** A package of the tree, made here: nothing is downloaded, and nothing of the node's package database is touched. */
const PACKAGE = `
rm -rf package
mkdir -p package/DEBIAN package/opt/tare
printf 'Package: tare-workload\\nVersion: 1\\nArchitecture: all\\nMaintainer: tare <tare@localhost>\\nDescription: files\\n' \\
  >package/DEBIAN/control
cd package/opt/tare
${FILE_TREE}
cd ../../..
dpkg-deb --root-owner-group --build package package.deb`;

export default defineScenario({
  id: "macro-dpkg",
  title: "Unpacking a package",
  summary: "dpkg-deb -x of a package of 10,000 small files, and the removal of what it has written",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { "dpkg-deb": "dpkg" },
    preparation: PACKAGE,
    run: "dpkg-deb --extract package.deb unpacked && rm -rf unpacked",
  },
  optIn: TAKES_LONG,
  secondsEach: 1,
  loads: runsOf(2),
});
