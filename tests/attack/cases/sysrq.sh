# The kernel's emergency keys.
# clause: others
# stopped: Read-only|Permission|nonexistent
# control: 
# users: root user
echo h >/proc/sysrq-trigger
