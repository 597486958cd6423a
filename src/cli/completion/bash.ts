/** bash(1), "Programmable Completion". */
import type { CommandWords, Flag } from "./command-words.ts";

const quoted = (words: readonly string[]): string => `"${words.join(" ")}"`;

/** `FLAG` of `COMMAND`, as the script's case labels have it. */
const valueCase = (path: readonly string[], { word, values, isList }: Flag): string =>
  `        ${JSON.stringify([...path, word].join(" "))}) _tare_words ${isList ? "list" : "one"} ${quoted(values)}; return ;;`;

const commandCase = ({ path, children, flags, values }: CommandWords): string => {
  const words = [...children.map(({ word }) => word), ...values];
  return `        ${JSON.stringify(path.join(" "))}) _tare_offer ${quoted(flags.map(({ word }) => word))} ${quoted(words)} ;;`;
};

/** Loaded by `source <(tare completion bash)`. */
export const bashCompletion = (commands: readonly CommandWords[]): string => {
  const children = commands.slice(1).map(({ path }) => path.join(" "));
  const valueCases = commands.flatMap(({ path, flags }) =>
    flags.filter(({ takesValue }) => takesValue).map((flag) => valueCase(path, flag)),
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
${valueCases.join("\n")}
        esac
    fi
    case $path in
${commands.map(commandCase).join("\n")}
    esac
}
complete -F _tare tare tare.sh
`;
};

/** zshcompsys(1): zsh runs a bash completion through bashcompinit. */
export const zshCompletion = (commands: readonly CommandWords[]): string =>
  `autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
${bashCompletion(commands)}`;
