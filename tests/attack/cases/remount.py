# Read-only no more.
# clause: write
# stopped: not permitted
# control: 
# users: root user
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return result


call(165, None, b"/", None, 32 | 4096, None)
