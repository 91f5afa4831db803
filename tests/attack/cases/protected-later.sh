# What is protected and not there is made; this is seen afterwards.
# clause: protect
# stopped: 
# control: 
# users: root user
# detected: protect
mkdir .lily
