# A layer without end: a file of a terabyte without a byte in it.
# clause: limits
# stopped: too large|limit
# control: 
# users: root user
truncate -s 1T huge
