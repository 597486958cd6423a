/**
 * As much of Helm's language as the chart's templates use: values, a loop over a list, a condition, `{{-`. Anything else in a template is an
 * error here, so that a template stays one that a reader follows without Helm.
 */

type Data = Readonly<Record<string, unknown>>;

const TAG = /\{\{(-?) (.*?) \}\}/;

interface Tag {
  readonly text: string;
  readonly tag: string | undefined;
}

const tagsOf = (template: string): readonly Tag[] => {
  const [found, dash = "", tag = ""] = TAG.exec(template) ?? [];
  if (found === undefined) return [{ text: template, tag: undefined }];
  const at = template.indexOf(found);
  const before = template.slice(0, at);
  return [
    { text: dash === "-" ? before.trimEnd() : before, tag },
    ...tagsOf(template.slice(at + found.length)),
  ];
};

const lookUp = (path: string, root: Data, dot: unknown): unknown => {
  const [start = "", ...names] = path.split(".");
  if (start !== "$" && start !== "") throw new Error(`"${path}" is not of what is rendered here`);
  return names.reduce<unknown>(
    (found, name) => (found as Data | undefined)?.[name],
    start === "$" ? root : dot,
  );
};

const textOf = (path: string, found: unknown): string => {
  if (typeof found === "string" || typeof found === "number") return String(found);
  throw new Error(`"${path}" is neither a text nor a number`);
};

export const render = (template: string, root: Data): string => {
  const tags = [...tagsOf(template)];
  /** Up to the `end` of the block that it is in. */
  const block = (
    from: number,
    dot: unknown,
    isShown: boolean,
  ): { readonly text: string; readonly next: number } => {
    let text = "";
    for (let at = from; at < tags.length; at += 1) {
      const { text: before, tag } = tags[at] as Tag;
      text += before;
      if (tag === undefined || tag === "end") return { text, next: at };
      const [word = "", path = ""] = tag.split(" ");
      if (word === "if") {
        const inner = block(at + 1, dot, isShown && lookUp(path, root, dot) === true);
        if (lookUp(path, root, dot) === true) text += inner.text;
        at = inner.next;
      } else if (word === "range") {
        const list = isShown ? (lookUp(path, root, dot) as readonly unknown[]) : [];
        const each = list.map((one) => block(at + 1, one, isShown).text);
        text += each.join("");
        at = block(at + 1, {}, false).next;
      } else if (isShown) text += textOf(word, lookUp(word, root, dot));
    }
    return { text, next: tags.length };
  };
  return block(0, root, true).text;
};
