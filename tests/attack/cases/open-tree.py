# A copy of a mount, without what lies over it.
# clause: write
# stopped: not permitted
# control: root
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


call(428, -100, b"/", 1)
