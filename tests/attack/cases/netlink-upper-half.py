# The same, with bits that the kernel does not look at.
# clause: net
# stopped: not supported
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


call(41, 16, 3, ctypes.c_ulong(0x10000000F))
