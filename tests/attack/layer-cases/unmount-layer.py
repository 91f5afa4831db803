# The layer taken away, so that the workspace itself is there.
# clause: write
# stopped: not permitted
# control: 
# users: root user
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
if libc.umount2(os.environ["WS"].encode(), 2) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
open("mark", "w").close()
