/** bash(1), "Programmable Completion". */
import { everyCommand, type CommandTree, type Flag } from "./tree.ts";

const quoted = (words: readonly string[]): string => `"${words.join(" ")}"`;

/** `FLAG` of `COMMAND`, as the script's case labels have it. */
const valueCase = (path: readonly string[], { word, values, isList }: Flag): string =>
  `        ${JSON.stringify([...path, word].join(" "))}) _tare_words ${isList ? "list" : "one"} ${quoted(values)}; return ;;`;

const commandCase = (path: readonly string[], command: CommandTree): string => {
  const words = [...command.children.map(({ word }) => word), ...command.values];
  return `        ${JSON.stringify(path.join(" "))}) _tare_offer ${quoted(command.flags.map(({ word }) => word))} ${quoted(words)} ;;`;
};

/** Loaded by `source <(tare completion bash)`; zsh runs it too, through bashcompinit. */
export const bashCompletion = (tree: CommandTree): string => {
  const commands = everyCommand(tree);
  const children = commands.flatMap(([path, { children }]) =>
    children.map(({ word }) => [...path, word].join(" ")),
  );
  const flags = commands.flatMap(([path, { flags }]) =>
    flags.filter(({ takesValue }) => takesValue).map((flag) => [path, flag] as const),
  );
  return `# Completion of tare for bash. Made by: tare completion bash
_tare_words() {
    local kept=
    if [ "$1" = list ]; then
        case $cur in *,*) kept="\${cur%,*}," ;; esac
    fi
    if [ -z "$2" ]; then
        COMPREPLY=($(compgen -f -- "$cur"))
        return
    fi
    COMPREPLY=($(compgen -P "$kept" -W "$2" -- "\${cur#"$kept"}"))
}
_tare_offer() {
    case $cur in
    -*) _tare_words one "$1" ;;
    *) _tare_words one "$2" ;;
    esac
}
_tare() {
    local cur=\${COMP_WORDS[COMP_CWORD]} path= word next i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        next=\${path:+$path }$word
        case "|${children.join("|")}|" in *"|$next|"*) path=$next ;; esac
    done
    COMPREPLY=()
    if [ "$COMP_CWORD" -gt 0 ]; then
        case "\${path:+$path }\${COMP_WORDS[COMP_CWORD - 1]}" in
${flags.map(([path, flag]) => valueCase(path, flag)).join("\n")}
        esac
    fi
    case $path in
${commands.map(([path, command]) => commandCase(path, command)).join("\n")}
    esac
}
complete -F _tare tare tare.sh
`;
};
