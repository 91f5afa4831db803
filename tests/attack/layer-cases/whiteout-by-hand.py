# A whiteout, which would remove what is below it.
# clause: write
# stopped: not permitted
# control: root user
# users: root user
import os
import sys

try:
    os.mkdir("made")
    os.mknod("made/whiteout", 0o20000, os.makedev(0, 0))
except OSError as error:
    sys.exit(error.strerror)
