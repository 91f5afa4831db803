# Another name for a denied file.
# clause: deny
# stopped: Invalid cross-device link
# control: root user
# users: root user
ln .env other && cat other
