#!/bin/sh
# rollback.sh VERSION: back to what was there before that release.
set -eu
if [ -e "server/releases/$1/BEFORE" ]; then
	ln -sfn "$(cat "server/releases/$1/BEFORE")" server/current
else
	rm -f server/current
fi
echo "$1 taken back" >>server/log
