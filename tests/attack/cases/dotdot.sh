# Up and out again.
# clause: write
# stopped: nonexistent|No such file|Read-only
# control: root user
# users: root user
echo x >"$WS/../outside/file"
