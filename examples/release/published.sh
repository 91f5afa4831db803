#!/bin/sh
# published.sh VERSION: 0 when that release is the current one, 1 when it is not.
[ "$(readlink server/current 2>/dev/null)" = "releases/$1" ]
