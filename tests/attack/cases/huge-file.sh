# A file larger than the policy allows.
# clause: limits
# stopped: File size limit|File too large|file size
# control: root user
# users: root user
head -c 100000000 /dev/zero >large || { echo "file size" >&2; exit 1; }
