# renameat2(RENAME_WHITEOUT), which leaves one behind.
# clause: write
# stopped: not permitted|Invalid argument
# control: 
# users: root user
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, WHITEOUT = -100, 4
if libc.syscall(316, AT_FDCWD, b"file", AT_FDCWD, b"moved", WHITEOUT) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
