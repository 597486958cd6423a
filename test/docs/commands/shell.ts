/** A command line as words: comments, redirections and assignments are taken off, and each part of a list or pipe is one command. */

const TOKEN =
  /(?<rest>\s{2,}.*|\s+#.*|^#.*)|(?<space>\s)|(?<end>&&|\|\||[<>$]\(|[|;&()])|(?<into>\d?>>?(?!\()|<(?![^<>\s][^<>]*>)\s*)|(?<word>"(?:[^"\\]|\\.)*"?|'[^']*'?|<[^<>]*>|\\.|[$]|[^\s|;&()<>"'\\$]+)/gy;

/** Words that lead to a command, and words of the shell that stand alone. */
const LEADING = new Set(["do", "then", "if", "while", "else", "!", "env", "exec"]);
const ALONE = new Set(["done", "fi", "exit", "source", "echo", "sleep", "cd", "true"]);

const ASSIGNMENT = /^[A-Z_]+=/;

export const withoutLead = (words: readonly string[]): readonly string[] => {
  const [first = "", ...rest] = words;
  if (first === "for" || ALONE.has(first)) return [];
  return LEADING.has(first) || ASSIGNMENT.test(first) ? withoutLead(rest) : words;
};

/** Two blanks begin a description of the command. */
export const commandsOf = (line: string): readonly (readonly string[])[] => {
  const commands: string[][] = [[]];
  let word: string | undefined;
  let isTarget = false;
  const endWord = (): void => {
    if (word !== undefined && !isTarget) commands.at(-1)?.push(word);
    if (word !== undefined) isTarget = false;
    word = undefined;
  };
  for (const { groups: found = {} } of line.trim().matchAll(TOKEN)) {
    if (found["rest"] !== undefined) break;
    if (found["word"] !== undefined) {
      word = (word ?? "") + found["word"].replaceAll(/^["']|["']$/g, "");
      continue;
    }
    endWord();
    if (found["end"] !== undefined) commands.push([]);
    if (found["into"] !== undefined) isTarget = true;
  }
  endWord();
  return commands.map(withoutLead).filter((words) => words.length > 0);
};
