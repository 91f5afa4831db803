# Programs in the kernel.
# clause: others
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


result = libc.syscall(321, 0, None, 0)
error = ctypes.get_errno()
sys.exit(0 if error in (7, 14, 22) else os.strerror(error))
