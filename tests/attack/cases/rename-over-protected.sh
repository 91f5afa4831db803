# A new file in the place of a protected one.
# clause: protect
# stopped: busy
# control: root user
# users: root user
echo x >new && mv new .git/config
