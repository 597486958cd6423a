/** `payload.sh`: prints the folder that makes a copy of the clone run in a guest without network. */
import { architectureOf } from "./architectures.ts";
import { command } from "./command.ts";
import { payloadFolder } from "./payload.ts";

await command(
  { usage: "payload.sh --arch amd64|arm64", options: { arch: { type: "string" } } },
  async ({ values }) => {
    process.stdout.write(`${await payloadFolder(architectureOf(String(values["arch"])))}\n`);
  },
);
