# The folder above a denied one gets another name.
# clause: deny
# stopped: busy
# control: root user
# users: root user
mv secret aside && cat aside/below/key
