# System calls by another way than a filter sees.
# clause: write
# stopped: not implemented
# control: root user
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


result = libc.syscall(425, 1, None)
error = ctypes.get_errno()
sys.exit(0 if error in (14, 22) else os.strerror(error))
