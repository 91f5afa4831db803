# Another name for a protected file.
# clause: protect
# stopped: Invalid cross-device link
# control: root user
# users: root user
ln .git/config other && echo x >>other
