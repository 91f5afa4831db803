# A link to a folder outside.
# clause: write
# stopped: nonexistent|No such file|Read-only
# control: root user
# users: root user
ln -s "$OUTSIDE" link && echo x >link/file
