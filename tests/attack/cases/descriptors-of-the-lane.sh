# The lane's socket.
# clause: others
# stopped: Permission denied|cannot
# control: 
# users: root user
readlink /proc/1/fd/3 || { echo cannot >&2; exit 1; }
