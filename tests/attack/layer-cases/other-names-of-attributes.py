# The attributes of an overlay that root has mounted.
# clause: write
# stopped: still there|not permitted|not supported
# control: 
# users: root user
import os
import sys

try:
    os.setxattr("deep", "trusted.overlay.opaque", b"y")
except OSError as error:
    sys.exit(error.strerror)
if os.path.isdir("deep/er"):
    sys.exit("what lies below is still there")
