/** What a counting guest says on its serial line: an agent writes into it, and a kernel. */
import { ok } from "node:assert/strict";
import { readSerial } from "../../../src/count/serial.ts";
import { saidBoot } from "../../count/said.ts";
import { refused, type Target } from "../engine/target.ts";

const target: Target = {
  seeds: () => [saidBoot({ output: "one line\n" }), saidBoot({ lost: ["?", "?", "?"] })],
  words: ["tare:", "\r\n", "tare:trial ", "tare:turn baseline", "tare:output-end", "tare:end", "=", " "],
  run: (input) => {
    const said = refused(() => readSerial(input.toString("latin1")));
    ok(
      said === undefined ||
        said.turns.every(({ trials }) => trials.every(({ id }) => typeof id === "string")),
    );
  },
};
export default target;
