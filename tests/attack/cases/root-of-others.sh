# Another process's view of the file system.
# clause: others
# stopped: No such file
# control: root user
# users: root user
ls "/proc/$VICTIM/root/"
