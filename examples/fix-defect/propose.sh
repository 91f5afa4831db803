# Proposes by what the tests said of the proposal before.
set -eu
said=$(cat "${LILY_FEEDBACK:-/dev/null}")
case $said in
*"large numbers"*) idea=wide ;;
*"no numbers at all"*) idea=empty ;;
*) idea=rounding ;;
esac
echo "proposing: $idea"
cp "proposals/$idea.c" "$LILY_OUT/fix"
