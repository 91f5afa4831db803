# An opaque folder, which would hide what lies below it.
# clause: write
# stopped: still there|not supported
# control: 
# users: root user
import os
import sys

try:
    os.setxattr("deep", "user.overlay.opaque", b"y")
except OSError as error:
    sys.exit(error.strerror)
if os.path.isdir("deep/er"):
    sys.exit("what lies below is still there")
