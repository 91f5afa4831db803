# What is denied and not there is made; this is seen afterwards.
# clause: deny
# stopped: 
# control: 
# users: root user
# detected: deny
mkdir -p later/denied
