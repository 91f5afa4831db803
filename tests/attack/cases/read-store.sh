# What other steps left in the store.
# clause: read
# stopped: No such file
# control: root user
# users: root user
cat "$STORE/lily.db"
