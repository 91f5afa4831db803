# The same by mount_setattr(2).
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


attributes = (ctypes.c_ulonglong * 4)(0, 1, 0, 0)
call(442, -100, b"/", 0x8000, attributes, 32)
