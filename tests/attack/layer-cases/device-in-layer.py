# A device in the layer, which is opened.
# clause: devices
# stopped: not permitted|Permission denied|No such device
# control: root
# users: root user
import os
import sys

try:
    os.mknod("disk", 0o20600, os.makedev(1, 3))
    os.open("disk", os.O_RDONLY)
except OSError as error:
    sys.exit(error.strerror)
