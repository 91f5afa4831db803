# Usage: publish.sh FILE
set -eu
cp "$1" mean.c
echo "published $(sha256sum <mean.c | cut -c1-12)" >>published.txt
