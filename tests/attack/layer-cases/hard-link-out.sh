# Another name outside for a file of the workspace.
# clause: write
# stopped: cross-device|Read-only|No such file
# control: root user
# users: root user
ln file "$OUTSIDE/other" && echo changed >"$OUTSIDE/other"
