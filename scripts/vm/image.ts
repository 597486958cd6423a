/** `image.sh`: builds an image, or finds it in the cache, and prints where it is as one JSON object. */
import { architectureOf } from "./architectures.ts";
import { flavourOf } from "./base.ts";
import { command, printJson } from "./command.ts";
import { kernelOf } from "./kernel.ts";
import { makeImage } from "./make-image.ts";
import { hostSuite } from "./mirror.ts";

await command(
  {
    usage:
      "image.sh --arch amd64|arm64 [--kernel 5.10|6.1|6.12] [--flavour fast|systemd|agents] [--suite bookworm] [--uefi]",
    options: {
      arch: { type: "string" },
      kernel: { type: "string", default: "6.12" },
      flavour: { type: "string", default: "systemd" },
      suite: { type: "string" },
      uefi: { type: "boolean", default: false },
    },
  },
  async ({ values }) => {
    printJson(
      await makeImage({
        architecture: architectureOf(String(values["arch"])),
        flavour: flavourOf(String(values["flavour"])),
        series: kernelOf(String(values["kernel"])),
        suite: typeof values["suite"] === "string" ? values["suite"] : await hostSuite(),
        uefi: values["uefi"] === true,
      }),
    );
  },
);
