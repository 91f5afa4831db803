#!/bin/sh
# Usage: tell.sh VERSION <NOTIFICATION. Stands for mail or a chat.
sed -n "s/.*\"event\": *\"\([a-z]*\)\".*/$1 \1/p" >>told
