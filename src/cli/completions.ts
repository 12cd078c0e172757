/**
 * The command `completions`: scripts for bash, zsh and fish, made from the commands' tables. They
 * are whole in themselves, so that a shell never starts the program to complete a word.
 *
 * @module
 */

import { defineCommand, flagOf, GLOBAL_OPTIONS } from "./command.ts";
import type { ArgSpec, Command, OptionSpec, OptionSpecs, Program } from "./command.ts";
import { EXIT } from "./exit.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `statedict completions SHELL`. */
export const command: Command = defineCommand({
  args: { shell: { value: "SHELL", choices: ["bash", "zsh", "fish"], help: "for which shell" } },
  options: {},
  examples: [
    ["source <(statedict completions bash)", "in ~/.bashrc"],
    ["statedict completions zsh > ~/.zfunc/_statedict", "in a folder of $fpath"],
    ["statedict completions fish | source", "in ~/.config/fish/config.fish"],
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
    // Only the whole table knows the words that `help` takes.
    const args = name === "help"
      ? [{ value: "COMMAND", help: "", choices: program.map((entry) => entry.name) }]
      : Object.values(command.args);
    words.push({ name, summary, args, options: optionWords(command.options) });
  }
  return words;
}

function optionWords(options: OptionSpecs): OptionWords[] {
  return Object.entries(options).flatMap(([key, spec]) => {
    const flag = flagOf(key);
    const plain = { flag, short: spec.short, spec };
    if (!spec.negatable) return [plain];
    return [plain, { flag: flag.replace("--", "--no-"), short: undefined, spec }];
  });
}

function spellings({ flag, short }: OptionWords): string[] {
  return short ? [`-${short}`, flag] : [flag];
}

function choicesOf(args: readonly ArgSpec[]): string {
  return args.flatMap((arg) => arg.choices ?? []).join(" ");
}

function bashScript(commands: readonly CommandWords[]): string {
  const values = commands.flatMap(({ name, options }) =>
    options.filter(({ spec }) => spec.type !== "boolean").map((option) => {
      const pattern = spellings(option).map((one) => `"${name} ${one}"`).join("|");
      return `    ${pattern}) words="${(option.spec.choices ?? []).join(" ")}" ;;`;
    })
  );
  const flags = commands.map(({ name, options }) =>
    `      ${name}) words+=" ${options.flatMap(spellings).join(" ")}" ;;`
  );
  const choices = commands.filter(({ args }) => choicesOf(args) !== "")
    .map(({ name, args }) => `      ${name}) words="${choicesOf(args)}" ;;`);
  return `# bash completion for statedict
_statedict() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" words="" i
  COMPREPLY=()
  # bash splits --x=y into three words
  if [[ $current == = ]]; then current=""
  elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command="\${COMP_WORDS[i]}"; break; fi
  done
  case "$command $previous" in
${values.join("\n")}
    *)
    if [[ $current == -* ]]; then
      words="${optionWords(GLOBAL_OPTIONS).flatMap(spellings).join(" ")}"
      case "$command" in
${flags.join("\n")}
      esac
    else
      case "$command" in
      "") words="${commands.map(({ name }) => name).join(" ")}" ;;
${choices.join("\n")}
      esac
    fi ;;
  esac
  # with no words of ours, -o default completes file names
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _statedict statedict
`;
}

/** Text for a description in brackets, or before a colon, within single quotes. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&").replaceAll("'", "'\\''");
}

function zshScript(commands: readonly CommandWords[]): string {
  const values = (choices: readonly string[] | undefined) =>
    choices ? `(${choices.join(" ")})` : "_files";
  const option = ({ flag, short, spec }: OptionWords) => {
    const takes = spec.type !== "boolean";
    const value = takes ? `:${zshText(spec.value ?? "VALUE")}:${values(spec.choices)}` : "";
    const end = `[${zshText(spec.help)}]${value}'`;
    const start = spec.multiple ? "'*" : "'";
    // -f+ takes -fx and -f x, --x= takes --x=y and --x y
    const long = `${start}${flag}${takes ? "=" : ""}${end}`;
    return short ? [`${start}-${short}${takes ? "+" : ""}${end}`, long] : [long];
  };
  const arg = ({ value, many, choices }: ArgSpec) =>
    `'${many ? "*" : ""}:${zshText(value)}:${values(choices)}'`;
  const cases = commands.map(({ name, args, options }) =>
    `  ${name}) _arguments -S $everywhere${
      [...options.flatMap(option), ...args.map(arg)].map((spec) => ` \\\n    ${spec}`).join("")
    } ;;`
  );
  const names = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  return `#compdef statedict
_statedict() {
  local -a commands=(
${names.join("\n")}
  )
  local -a everywhere=(
${optionWords(GLOBAL_OPTIONS).flatMap(option).map((spec) => `    ${spec}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
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
  const option = (where: string, { flag, short, spec }: OptionWords) => {
    const letter = short ? ` -s ${short}` : "";
    const choices = spec.choices ? ` -x -a ${fishText(spec.choices.join(" "))}` : " -r";
    const value = spec.type === "boolean" ? "" : choices;
    return `complete -c statedict${where} -l ${flag.slice(2)}${letter}${value} -d ${
      fishText(spec.help)
    }`;
  };
  const lines = ["# fish completion for statedict"];
  for (const { name, summary } of commands) {
    const first = "-f -n __fish_use_subcommand";
    lines.push(`complete -c statedict ${first} -a ${name} -d ${fishText(summary)}`);
  }
  lines.push(...optionWords(GLOBAL_OPTIONS).map((words) => option("", words)));
  for (const { name, args, options } of commands) {
    const here = ` -n '__fish_seen_subcommand_from ${name}'`;
    lines.push(...options.map((words) => option(here, words)));
    const choices = choicesOf(args);
    if (choices !== "") lines.push(`complete -c statedict${here} -f -a ${fishText(choices)}`);
  }
  return `${lines.join("\n")}\n`;
}
