/** Changes of a JSON text that leave it one: another value somewhere, a key gone, doubled or renamed. */
import type { NextUint32 } from "../../../src/domain/random.ts";

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  4294967296,
  "",
  "value",
  "missing",
  "__proto__",
  "2026-01-01T00:00:00.000Z",
  [],
  [[]],
  {},
  [null],
];

type Node = Record<string, unknown> | unknown[];

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

const nodesIn = (value: unknown): Node[] => {
  const nodes: Node[] = [];
  const open: unknown[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (!isNode(one)) continue;
    nodes.push(one);
    open.push(...Object.values(one).filter((inner) => inner !== undefined));
  }
  return nodes;
};

const changeJson = (text: string, next: NextUint32): string => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text;
  }
  const nodes = nodesIn(json);
  const node = nodes[next() % nodes.length];
  if (node === undefined) return text;
  const keys = Object.keys(node);
  const key = keys[next() % Math.max(1, keys.length)] ?? "a";
  const target = node as Record<string, unknown>;
  const other = nodes[next() % nodes.length];
  switch (next() % 6) {
    case 0:
    case 1:
      target[key] = VALUES[next() % VALUES.length];
      break;
    case 2:
      if (Array.isArray(node)) node.splice(next() % Math.max(1, node.length), 1);
      else Reflect.deleteProperty(node, key);
      break;
    case 3:
      target[key] = structuredClone(Object.values(other ?? {})[0] ?? null);
      break;
    case 4:
      if (Array.isArray(node)) node.push(structuredClone(node[next() % Math.max(1, node.length)] ?? null));
      else target[`${key}x`] = target[key];
      break;
    default:
      if (typeof target[key] === "number") target[key] = -target[key];
      else target[key] = [target[key]];
  }
  return JSON.stringify(json);
};

/** In one of the lines. */
export const changeJsonLine = (input: Buffer, next: NextUint32): Buffer => {
  const lines = input.toString().split("\n");
  const at = next() % lines.length;
  lines[at] = changeJson(lines[at] ?? "", next);
  return Buffer.from(lines.join("\n"));
};
