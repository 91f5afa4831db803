# A folder above a denied one is removed and made anew.
# clause: deny
# stopped: Read-only|No such file
# control: root user
# users: root user
rm -rf secret; mkdir -p secret/below && echo mine >secret/below/key
