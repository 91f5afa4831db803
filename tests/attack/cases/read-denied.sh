# A denied file.
# clause: deny
# stopped: Permission denied
# control: root user
# users: root user
cat .env
