# The layer itself, beside the overlay.
# clause: read
# stopped: No such file
# control: 
# users: root user
ls "$WS"/../layers/*/upper
