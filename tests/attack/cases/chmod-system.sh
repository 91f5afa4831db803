# Metadata of the system's files; root without capabilities owns them.
# clause: write
# stopped: Read-only|Operation not permitted
# control: 
# users: root user
chmod 777 /etc/passwd
