/** Commands in the strings of TypeScript files, by the compiler's own tree; `${...}` stands in them as `<hole>`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { API } from "typescript/unstable/sync";
import { type Node, type SourceFile } from "typescript/unstable/ast";
import {
  isCallExpression,
  isIdentifier,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAssignment,
  isStringLiteral,
  isTemplateExpression,
  isVariableDeclaration,
} from "typescript/unstable/ast/is";
import { clausesOf, lineAt, type Quoted, spansOf } from "./quoted.ts";

/** Which argument says what to do next. */
const HINT_OF: ReadonlyMap<string, number> = new Map([
  ["TareError", 2],
  ["failedTo", 3],
  ["obstacle", 1],
  ["lacking", 1],
]);
/** What nobody writes but to be typed. */
const TYPED =
  /\b(?:npm run|npm test|apt-get|modprobe|sudo|systemctl|usermod|virsh|sh scripts)\b|\bscripts\/\S+\.sh\b/;
const HINT_NAME = /^(?:hint|fix|next|byHand|remedy)$/;

const nameOf = (node: Node): string => (isIdentifier(node) ? node.text : "");

/** The node below which all is a hint, if this one has such. */
const hintBelow = (node: Node): Node | undefined => {
  if (isNewExpression(node) || isCallExpression(node))
    return node.arguments?.[HINT_OF.get(nameOf(node.expression)) ?? Infinity];
  if (isPropertyAssignment(node) || isVariableDeclaration(node))
    return HINT_NAME.test(nameOf(node.name)) ? node.initializer : undefined;
  return undefined;
};

const textOf = (node: Node): string | undefined => {
  if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `<hole>${literal.text}`).join("");
  return undefined;
};

const commandsOfTree = (file: string, tree: SourceFile): readonly Quoted[] => {
  const found: Quoted[] = [];
  const hints = new Set<Node>();
  const visit = (node: Node, inHint: boolean): void => {
    const isHint = inHint || hints.has(node);
    const hint = hintBelow(node);
    if (hint !== undefined) hints.add(hint);
    const text = textOf(node);
    if (text !== undefined) {
      const line = lineAt(tree.text, node.getStart(tree));
      found.push(...spansOf(file, text, { line, how: isHint ? "told" : "named" }));
      if (isHint || TYPED.test(text)) found.push(...clausesOf(file, line, text));
    }
    node.forEachChild((child) => {
      visit(child, isHint);
    });
  };
  visit(tree, false);
  return found;
};

/** `files`: paths below `root`. `folder`: for a project of these files without what they import, which is read in half the time. */
export const commandsInTypeScript = (
  root: string,
  files: readonly string[],
  folder: string,
): readonly Quoted[] => {
  const project = join(folder, "tsconfig.json");
  const compilerOptions = { noLib: true, noResolve: true, types: [] };
  writeFileSync(project, JSON.stringify({ compilerOptions, files: files.map((file) => join(root, file)) }));
  const api = new API({ cwd: folder });
  try {
    const program = api.updateSnapshot({ openProject: project }).getProject(project)?.program;
    return files.flatMap((file) => {
      const tree = program?.getSourceFile(join(root, file));
      if (tree === undefined) throw new Error(`the compiler does not read ${file}`);
      return commandsOfTree(file, tree);
    });
  } finally {
    api.close();
  }
};
