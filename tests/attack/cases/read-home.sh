# Something private at home.
# clause: read
# stopped: No such file
# control: root user
# users: root user
cat "$HOME_/private"
