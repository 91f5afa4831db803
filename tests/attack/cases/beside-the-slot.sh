# The run's own directory, from the slot upwards.
# clause: write
# stopped: Read-only|nonexistent|Permission
# control:
# users: root user
echo x >"$LILY_OUT/../../forged"
