# Settings under /sys.
# clause: write
# stopped: Read-only|Permission
# control: 
# users: root user
echo 1 >/sys/kernel/mm/ksm/run
