/** The list of what the image is made of, in CycloneDX: npm's own of the packages that it knows, with Node and Debian's beside them. */
import { createHash } from "node:crypto";
import type { Architecture } from "../guests.ts";
import type { DebianPackage } from "./debian-layer.ts";

/** As much of `npm sbom --sbom-format cyclonedx` as is changed here. */
export interface CycloneDx {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component?: object };
  readonly components: readonly object[];
}

export interface Contents {
  readonly npm: CycloneDx;
  /** Its version. */
  readonly node: string;
  readonly debian: readonly DebianPackage[];
  readonly architecture: Architecture;
  /** Seconds since 1970, as those of all files of the image. */
  readonly epoch: number;
}

/** https://github.com/package-url/purl-spec: `+` and `:` are written out. */
const debianUrl = ({ name, version, architecture }: DebianPackage): string =>
  `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;

/** A number of the list's own that is the same for the same list. */
const serialNumberOf = (text: string): string => {
  const digest = createHash("sha256").update(text).digest("hex");
  const [first, second, third, fourth, fifth] = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    // Version 8: made by a scheme of one's own (RFC 9562).
    `8${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ];
  return `urn:uuid:${first}-${second}-${third}-${fourth}-${fifth}`;
};

export const sbomOf = ({ npm, node, debian, architecture, epoch }: Contents): string => {
  const own = [
    {
      type: "application",
      name: "node",
      version: node,
      purl: `pkg:generic/node@${node}?arch=${architecture}`,
    },
    ...debian.map((one) => ({
      type: "library",
      name: one.name,
      version: one.version,
      purl: debianUrl(one),
    })),
  ].map((component) => ({ "bom-ref": component.purl, ...component }));
  const { serialNumber: _, ...rest } = npm;
  const list = {
    ...rest,
    metadata: {
      ...npm.metadata,
      timestamp: new Date(epoch * 1000).toISOString(),
      // npm takes the folder's name.
      component: { ...npm.metadata.component, name: "tare" },
    },
    components: [...npm.components, ...own],
  };
  const serialNumber = serialNumberOf(JSON.stringify(list));
  return `${JSON.stringify({ ...list, serialNumber }, undefined, 2)}\n`;
};
