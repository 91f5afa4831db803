# The machine's disks and logs.
# clause: devices
# stopped: No such file
# control: 
# users: root user
ls /dev/kmsg /dev/mem /dev/vda /dev/sda >/dev/null
