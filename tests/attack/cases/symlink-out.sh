# A link in the workspace to a file outside of it.
# clause: write
# stopped: nonexistent|No such file|Read-only
# control: root user
# users: root user
ln -s "$OUTSIDE/file" link && echo x >link
