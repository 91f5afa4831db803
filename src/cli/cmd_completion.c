#include "cli/call.h"

#include <stdio.h>

static const struct argument_spec arguments[] = {
	{.name = "SHELL", .choices = "bash zsh fish", .help = "which one"},
};

/* The shells only ask `lily __complete` and show what it says. */

static const char for_bash[] =
	"# bash completion for lily\n"
	"_lily() {\n"
	"	local line cur before IFS=$' \\t\\n'\n"
	"	local -a words\n"
	"	read -ra words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
	"	[[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=('')\n"
	"	cur=${words[-1]}\n"
	"	COMPREPLY=()\n"
	"	# bash replaces only what stands behind the last of these characters\n"
	"	before=\n"
	"	[[ $cur == *[=:@]* ]] && before=${cur%\"${cur##*[=:@]}\"}\n"
	"	while IFS= read -r line; do\n"
	"		line=${line%%$'\\t'*}\n"
	"		case $line in\n"
	"		:files | :workflows)\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			while IFS= read -r line; do COMPREPLY+=(\"$line\"); done \\\n"
	"				< <(compgen -f -- \"${cur#\"$before\"}\")\n"
	"			;;\n"
	"		:directories)\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			while IFS= read -r line; do COMPREPLY+=(\"$line\"); done \\\n"
	"				< <(compgen -d -- \"${cur#\"$before\"}\")\n"
	"			;;\n"
	"		*) COMPREPLY+=(\"${line#\"$before\"}\") ;;\n"
	"		esac\n"
	"	done < <(\"${words[0]}\" __complete \"${words[@]:1}\" 2>/dev/null)\n"
	"	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]] &&\n"
	"		compopt -o nospace 2>/dev/null\n"
	"	return 0\n"
	"}\n"
	"complete -F _lily lily\n";

static const char for_zsh[] =
	"#compdef lily\n"
	"_lily() {\n"
	"	local line\n"
	"	local -a candidates\n"
	"	while IFS= read -r line; do\n"
	"		case $line in\n"
	"		:files) _files ;;\n"
	"		:workflows) _files -g '*.(yaml|yml|json)' ;;\n"
	"		:directories) _files -/ ;;\n"
	"		*)\n"
	"			line=${line//:/\\\\:}\n"
	"			candidates+=(\"${line/$'\\t'/:}\")\n"
	"			;;\n"
	"		esac\n"
	"	done < <(\"${words[1]}\" __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
	"	(( ${#candidates} )) && _describe -V lily candidates\n"
	"}\n"
	"if [[ $funcstack[1] == _lily ]]; then _lily \"$@\"; else compdef _lily lily; fi\n";

static const char for_fish[] =
	"# fish completion for lily\n"
	"function __lily_complete\n"
	"	set -l words (commandline -opc) (commandline -ct)\n"
	"	for line in ($words[1] __complete $words[2..-1] 2>/dev/null)\n"
	"		switch $line\n"
	"		case ':files' ':workflows'\n"
	"			__fish_complete_path (commandline -ct)\n"
	"		case ':directories'\n"
	"			__fish_complete_directories (commandline -ct)\n"
	"		case '*'\n"
	"			printf '%s\\n' $line\n"
	"		end\n"
	"	end\n"
	"end\n"
	"complete -c lily -f -a '(__lily_complete)'\n";

static int
run(struct call *call)
{
	const char *shell = call_argument(call, 0);

	(void)fputs(shell[0] == 'b' ? for_bash : shell[0] == 'z' ? for_zsh : for_fish, stdout);
	return STATUS_DONE;
}

static const struct example examples[] = {
	{"source <(lily completion bash)", "in ~/.bashrc"},
	{"lily completion zsh >~/.zfunc/_lily", "a folder that fpath names"},
	{"lily completion fish >~/.config/fish/completions/lily.fish", "once"},
};

const struct command cmd_completion = {
	.name = "completion",
	.summary = "Print the completion script for a shell",
	.description =
		"The script asks lily itself, so that it knows the runs, steps and artifacts "
		"of this workspace and never grows old.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.function = run,
};
