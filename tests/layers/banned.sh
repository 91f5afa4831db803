#!/bin/sh
# Usage: banned.sh HEADER CC…: every function that HEADER bans is refused by the compiler, and by
# name. A file that calls none of them compiles.
set -eu
header=$1
shift
compile() { "$@" -D_GNU_SOURCE -include "$header" -fsyntax-only -x c - 2>&1; }

echo 'int main(void) { return (int)strlen("x"); }' | compile "$@"
names=$(sed -n 's/^#define \([a-z]*\)(\.\.\.) BANNED.*/\1/p' "$header")
count=0
for name in $names; do
	if said=$(echo "int main(void) { return (int)$name(0); }" | compile "$@" -Werror); then
		echo "$name compiled"
		exit 1
	fi
	case $said in
	*"${name}_is_banned_use_"*) ;;
	*) echo "$name was refused for another reason: $said"; exit 1 ;;
	esac
	count=$((count + 1))
done
echo "$count functions are banned"
[ "$count" -ge 20 ]
