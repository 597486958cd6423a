/** `a=b`, `a in (b,c)`: what tare asks for. */
export const isMeant = (
  selector: string | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean =>
  (selector ?? "")
    .split(/,(?![^(]*\))/)
    .filter((part) => part !== "")
    .every((part) => {
      const [, key = "", values] = /^(\S+) in \((.*)\)$/.exec(part) ?? [];
      if (values !== undefined) return values.split(",").includes(labels[key] ?? "");
      const [name = "", value = ""] = part.split("=");
      return labels[name] === value;
    });
