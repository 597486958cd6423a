/** zshcompsys(1): zsh runs a bash completion through bashcompinit. */
import { bashCompletion } from "./bash.ts";
import type { CommandTree } from "./tree.ts";

export const zshCompletion = (tree: CommandTree): string =>
  `autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
${bashCompletion(tree)}`;
