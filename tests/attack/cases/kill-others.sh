# A signal to a process of the same user.
# clause: others
# stopped: No such process
# control: root user
# users: root user
kill -9 "$VICTIM"
