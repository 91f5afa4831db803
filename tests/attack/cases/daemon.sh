# A process that outlives its step.
# clause: others
# stopped: left
# control: 
# users: root user
# gone: sleep
(setsid sleep 424242 &)
echo left >&2
exit 1
