# A program that the kernel would run as root.
# clause: write
# stopped: Read-only|Permission
# control: 
# users: root user
echo '|/bin/true' >/proc/sys/kernel/core_pattern
