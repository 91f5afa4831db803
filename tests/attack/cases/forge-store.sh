# An event of its own in the store.
# clause: write
# stopped: No such file|nonexistent|Directory
# control: root user
# users: root user
echo x >>"$STORE/lily.db"
