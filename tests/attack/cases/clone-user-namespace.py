# The same by clone(2).
# clause: write
# stopped: not permitted
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


pid = call(56, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0:
    os._exit(0)
