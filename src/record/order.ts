/**
 * Which lines of a file are the record's, and in which order they were written, by their digests alone: each is made from the one before it.
 * A line that was changed, moved, doubled, or that is another run's is told apart from those around it, which stay what they are.
 */
import type { RecordLine } from "../domain/record.ts";
import { CHAIN_START, digestOf, sealOf, type Unsealed } from "./chain.ts";

/** A line of the file that is sealed, as it is read. */
export interface SealedLine extends Unsealed {
  readonly number: number;
  readonly text: string;
  /** Undefined where it is no line of a record. */
  readonly line: RecordLine | undefined;
  /**
   * Whether it follows what cannot be read: it was made from the digest that is left of that, or none is left. `no`: from another one, or what
   * stands before it can be read.
   */
  readonly followsDamage: "no" | "perhaps" | "yes";
}

export type Doubt =
  /** It follows no line of the record: it was changed, or what was written before it is missing. */
  | "unproved"
  /** It follows what cannot be read; nothing says that it was changed. */
  | "follows-damage"
  /** What it says is proved by the line that follows it. */
  | "digest-changed";

export interface PlacedLine {
  readonly sealed: SealedLine;
  readonly doubt: Doubt | undefined;
}

export interface Order {
  readonly placed: readonly PlacedLine[];
  /** The same line as one before it. */
  readonly doubled: readonly { readonly sealed: SealedLine; readonly as: SealedLine }[];
  /** Proved to follow no line of the record, or not proved and not of its plan. */
  readonly foreign: readonly SealedLine[];
}

interface Link {
  readonly sealed: SealedLine;
  /** The digest that it should have, by what stands before it in the file. */
  readonly due: string;
  readonly dueBehind: Link | undefined;
  /** What it was written behind; `undefined` until that is found. */
  behind: Link | "start" | undefined;
  digest: string;
}

/** To look for the place of a line that was moved, a digest is made for each line that there is: so many bytes of them in all. */
const MAX_SEARCHED = 1 << 28;
/** What a digest costs beside its bytes, in bytes. */
const OF_EACH = 1000;

/** Whether lines that nothing proves to be the record's may be what was written behind those that are. */
export interface Plausible {
  readonly take: (line: SealedLine) => void;
  readonly fits: (segment: readonly SealedLine[]) => boolean;
}

export const inOrder = (lines: readonly SealedLine[], { take, fits }: Plausible): Order => {
  const { links, doubled } = linked(lines);
  findMoved(links);
  const next = followers(links);
  const root =
    links.find(({ behind, sealed }) => behind === "start" && sealed.line?.type === "header") ?? links[0];
  const placed: PlacedLine[] = [];
  const used = new Set<Link>();
  const place = (link: Link, doubt: Doubt | undefined): void => {
    used.add(link);
    const isChanged =
      doubt === undefined && (link.digest !== link.sealed.digest || sealOf(link.sealed.text) === undefined);
    placed.push({ sealed: link.sealed, doubt: isChanged ? "digest-changed" : doubt });
    take(link.sealed);
  };
  /** The link and what was written behind it, one after the other. */
  const from = (first: Link): readonly Link[] => {
    const segment: Link[] = [];
    for (let at: Link | undefined = first; at !== undefined; at = next.get(at)?.find((one) => !used.has(one)))
      segment.push(at);
    return segment;
  };
  const placeAll = (segment: readonly Link[], doubt: Doubt | undefined): void => {
    for (const [index, link] of segment.entries()) place(link, index === 0 ? doubt : undefined);
  };
  if (root !== undefined) placeAll(from(root), root.behind === "start" ? undefined : "unproved");
  const sealedIn = (segment: readonly Link[]): readonly SealedLine[] => segment.map(({ sealed }) => sealed);
  for (const link of links) {
    if (used.has(link) || link.behind !== undefined) continue;
    const segment = from(link);
    const [first, ...rest] = sealedIn(segment);
    if (first === undefined || !fits(rest)) continue;
    const { followsDamage } = first;
    const isUsed = followsDamage === "yes" || (followsDamage === "perhaps" && fits([first]));
    placeAll(segment, isUsed ? "follows-damage" : "unproved");
  }
  return { placed, doubled, foreign: sealedIn(links.filter((link) => !used.has(link))) };
};

const isBehind = ({ json, digest }: Unsealed, before: string): boolean => digestOf(before, json) === digest;

/** Each line behind the one before it in the file, or behind the last of the record's where another run's stand between. */
const linked = (lines: readonly SealedLine[]) => {
  const links: Link[] = [];
  const doubled: { sealed: SealedLine; as: SealedLine }[] = [];
  const byDigest = new Map<string, Link>();
  let before: Link | undefined;
  let tail: Link | undefined;
  for (const sealed of lines) {
    const same = byDigest.get(sealed.digest);
    if (same?.sealed.json === sealed.json) {
      doubled.push({ sealed, as: same.sealed });
      continue;
    }
    const due = digestOf(before?.digest ?? CHAIN_START, sealed.json);
    const link: Link = { sealed, due, dueBehind: before, behind: undefined, digest: sealed.digest };
    if (due === sealed.digest) link.behind = before ?? "start";
    else if (before !== undefined && before.behind === undefined && isBehind(sealed, before.due)) {
      // Only the digest of the line before was changed.
      before.digest = before.due;
      before.behind = before.dueBehind ?? "start";
      if (before.behind === "start" || before.behind === tail) tail = before;
      link.behind = before;
    } else if (tail !== undefined && tail !== before && isBehind(sealed, tail.digest)) link.behind = tail;
    else if (isBehind(sealed, CHAIN_START)) link.behind = "start";
    if (
      link.behind !== undefined &&
      (link.behind === tail || (link.behind === "start" && tail === undefined))
    )
      tail = link;
    links.push(link);
    byDigest.set(sealed.digest, link);
    before = link;
  }
  return { links, doubled };
};

/** Where a line was written that stands somewhere else now. */
const findMoved = (links: readonly Link[]): void => {
  let searched = 0;
  for (const link of links) {
    if (link.behind !== undefined) continue;
    searched += links.length * (link.sealed.json.length + OF_EACH);
    if (searched > MAX_SEARCHED) return;
    link.behind = links.find((other) => other !== link && isBehind(link.sealed, other.digest));
  }
};

const followers = (links: readonly Link[]): ReadonlyMap<Link, readonly Link[]> => {
  const next = new Map<Link, Link[]>();
  for (const link of links) {
    if (link.behind === undefined || link.behind === "start") continue;
    const known = next.get(link.behind);
    if (known === undefined) next.set(link.behind, [link]);
    else known.push(link);
  }
  return next;
};
