# Signals to the lane.
# clause: others
# stopped: still here
# control: 
# users: root user
kill -9 1; kill -STOP 1; kill -9 "$PPID"; sleep 0.2
echo "still here" >&2
exit 1
