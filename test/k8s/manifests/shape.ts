/**
 * Whether an object has the shape that the API gives it, by the client library's own models: an attribute that they do not know is one that the
 * API server would drop or refuse. What must not be left out the compiler knows.
 */
import * as models from "@kubernetes/client-node";

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const modelOf = (type: string): Model | undefined =>
  (models as unknown as Readonly<Record<string, Model | undefined>>)[type];

const PRIMITIVES = ["string", "number", "boolean"];

/** What does not fit, each with its path; empty: nothing. */
export const misfits = (value: unknown, type: string, path = type): readonly string[] => {
  const [, element] = /^Array<(.+)>$/.exec(type) ?? [];
  if (element !== undefined)
    return Array.isArray(value)
      ? value.flatMap((one, index) => misfits(one, element, `${path}[${index}]`))
      : [`${path}: no list`];
  const [, entry] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
  if (entry !== undefined)
    return Object.entries(value as object).flatMap(([key, one]) => misfits(one, entry, `${path}.${key}`));
  if (PRIMITIVES.includes(type)) return typeof value === type ? [] : [`${path}: no ${type}`];
  const model = modelOf(type);
  if (model === undefined) return [`${path}: the API has no ${type}`];
  const known = new Map(model.getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute.type]));
  return Object.entries(value as object).flatMap(([key, one]) => {
    const found = known.get(key);
    return found === undefined ? [`${path}: unknown ${key}`] : misfits(one, found, `${path}.${key}`);
  });
};
