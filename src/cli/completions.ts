/**
 * The command `completions`: scripts for bash, zsh and fish, made from the commands' tables. They
 * are whole in themselves, so that a shell never starts the program to complete a word.
 *
 * @module
 */

import { defineCommand, flagOf, GLOBAL_OPTIONS } from "./command.ts";
import type { ArgSpec, Command, OptionSpec, Program } from "./command.ts";
import { EXIT } from "./errors.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `statedict completions SHELL`. */
export const command: Command = defineCommand({
  args: { shell: { value: "SHELL", choices: ["bash", "zsh", "fish"], help: "for which shell" } },
  options: {},
  examples: [
    ["source <(statedict completions bash)", "in ~/.bashrc"],
    ["statedict completions zsh > ~/.zfunc/_statedict", "in a folder of $fpath"],
    ["statedict completions fish > ~/.config/fish/completions/statedict.fish", "once"],
  ],
  async run({ args }, io, program) {
    io.stdout(SCRIPTS[args.shell](await readWords(program)));
    return EXIT.fine;
  },
});

/** What the scripts need of a command. */
interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly args: readonly ArgSpec[];
  readonly options: readonly OptionWords[];
}

/** What the scripts need of an option; `--no-x` is one of its own. */
interface OptionWords {
  readonly flag: string;
  readonly short: string | undefined;
  readonly spec: OptionSpec;
}

async function readWords(program: Program): Promise<CommandWords[]> {
  const words: CommandWords[] = [];
  for (const { name, summary, load } of program) {
    const { command } = await load();
    const options = Object.entries({ ...command.options, ...GLOBAL_OPTIONS } as Command["options"])
      .flatMap(([key, spec]) => optionWords(key, spec));
    const args = name === "help"
      ? [{ value: "COMMAND", help: "", choices: program.map((one) => one.name) }]
      : Object.values(command.args);
    words.push({ name, summary, args, options });
  }
  return words;
}

function optionWords(key: string, spec: OptionSpec): OptionWords[] {
  const flag = flagOf(key);
  const plain = { flag, short: spec.short, spec };
  if (!spec.negatable) return [plain];
  return [plain, { flag: flag.replace("--", "--no-"), short: undefined, spec }];
}

function spellings({ flag, short }: OptionWords): string[] {
  return short ? [`-${short}`, flag] : [flag];
}

function takesValue({ spec }: OptionWords): boolean {
  return spec.type !== "boolean";
}

function bashScript(commands: readonly CommandWords[]): string {
  const flags: string[] = [];
  const values: string[] = [];
  const words: string[] = [];
  for (const { name, args, options } of commands) {
    flags.push(`    ${name}) words="${options.flatMap(spellings).join(" ")}" ;;`);
    const choices = args.flatMap((arg) => arg.choices ?? []);
    if (choices.length > 0) words.push(`    ${name}) words="${choices.join(" ")}" ;;`);
    for (const option of options.filter(takesValue)) {
      const pattern = spellings(option).map((one) => `"${name} ${one}"`).join("|");
      values.push(`    ${pattern}) words="${(option.spec.choices ?? []).join(" ")}"; value=1 ;;`);
    }
  }
  return `# bash completion for statedict
_statedict() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" words="" value="" i
  COMPREPLY=()
  # bash splits --x=y into three words
  if [[ $current == = ]]; then current=""
  elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command="\${COMP_WORDS[i]}"; break; fi
  done
  case "$command $previous" in
${values.join("\n")}
  esac
  if [[ -z $value && $current == -* ]]; then
    case "$command" in
${flags.join("\n")}
    "") words="${globalFlags()}" ;;
    esac
  elif [[ -z $value ]]; then
    case "$command" in
    "") words="${commands.map(({ name }) => name).join(" ")}" ;;
${words.join("\n")}
    esac
  fi
  # no words of ours: file names, by -o default
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _statedict statedict
`;
}

function globalFlags(): string {
  return Object.entries(GLOBAL_OPTIONS).flatMap(([key, spec]) => optionWords(key, spec))
    .flatMap(spellings).join(" ");
}

/** Text inside zsh's single quotes and a bracketed description. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:\\]/g, "\\$&");
}

function zshScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  const cases = commands.map(({ name, args, options }) => {
    const specs = options.map((option) => {
      const { spec } = option;
      const value = takesValue(option)
        ? `:${zshText(spec.value ?? "VALUE")}:${
          spec.choices ? `(${spec.choices.join(" ")})` : "_files"
        }`
        : "";
      const repeat = spec.multiple ? "*" : "";
      return spellings(option).map((one) =>
        `      '${repeat}${one}[${zshText(spec.help)}]${value}'`
      )
        .join(" \\\n");
    });
    const rest = args.map(({ value, many, choices }) =>
      `      '${many ? "*" : ""}:${zshText(value)}:${
        choices ? `(${choices.join(" ")})` : "_files"
      }'`
    );
    return `  ${name}) _arguments -S \\\n${[...specs, ...rest].join(" \\\n")} ;;`;
  });
  return `#compdef statedict
_statedict() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _statedict ]]; then _statedict "$@"; else compdef _statedict statedict; fi
`;
}

function fishText(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = ["# fish completion for statedict"];
  for (const { name, summary } of commands) {
    const first = "-f -n __fish_use_subcommand";
    lines.push(`complete -c statedict ${first} -a ${name} -d ${fishText(summary)}`);
  }
  for (const { name, args, options } of commands) {
    const here = `complete -c statedict -n '__fish_seen_subcommand_from ${name}'`;
    for (const { flag, short, spec } of options) {
      const letter = short ? ` -s ${short}` : "";
      const value = spec.type === "boolean"
        ? ""
        : spec.choices
        ? ` -x -a ${fishText(spec.choices.join(" "))}`
        : " -r";
      lines.push(`${here} -l ${flag.slice(2)}${letter}${value} -d ${fishText(spec.help)}`);
    }
    const choices = args.flatMap((arg) => arg.choices ?? []);
    if (choices.length > 0) lines.push(`${here} -f -a ${fishText(choices.join(" "))}`);
  }
  return `${lines.join("\n")}\n`;
}
