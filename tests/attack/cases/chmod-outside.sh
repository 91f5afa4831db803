# Metadata of a file outside.
# clause: write
# stopped: No such file|Read-only
# control: root user
# users: root user
chmod 777 "$OUTSIDE/file"
