#!/bin/sh
# publish.sh VERSION ARCHIVE: unpacks beside the others, then switches to it in one step.
set -eu
mkdir -p server/incoming server/releases
rm -rf "server/incoming/$1"
mkdir "server/incoming/$1"
tar -xzf "$2" -C "server/incoming/$1"
[ ! -e "server/current" ] || readlink server/current >"server/incoming/$1/BEFORE"
mv "server/incoming/$1" "server/releases/$1"
ln -sfn "releases/$1" server/current
echo "$1" >>server/log
