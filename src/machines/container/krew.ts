/** The manifest by which krew installs `kubectl tare`: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest */
import { stringify } from "yaml";
import type { Architecture } from "../guests.ts";

export interface KrewArchive {
  readonly architecture: Architecture;
  readonly file: string;
  /** SHA-256, in hex. */
  readonly digest: string;
}

/** `from`: the folder that the archives will be fetched from, a URL. */
export const krewManifest = (version: string, from: string, archives: readonly KrewArchive[]): string =>
  stringify(
    {
      apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
      kind: "Plugin",
      metadata: { name: "tare" },
      spec: {
        version: `v${version}`,
        shortDescription: "Measure what security agents cost nodes",
        description:
          "Measures what the security agents of a cluster's nodes cost, and what they miss: on some nodes of each kind, with and without each agent in turn.\n",
        caveats: "The cluster needs tare's objects once: kubectl tare manifests | kubectl apply -f -\n",
        platforms: archives.map(({ architecture, file, digest }) => ({
          selector: { matchLabels: { os: "linux", arch: architecture } },
          uri: `${from.replace(/\/+$/, "")}/${file}`,
          sha256: digest,
          bin: "kubectl-tare",
        })),
      },
    },
    { lineWidth: 0 },
  );
