# A denied file is removed.
# clause: deny
# stopped: busy
# control: root user
# users: root user
rm -f .env
