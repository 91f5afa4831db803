# What the lane holds.
# clause: others
# stopped: Permission denied
# control: 
# users: root user
cat /proc/1/environ
