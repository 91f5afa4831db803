# The times of a protected file.
# clause: protect
# stopped: Read-only
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


try:
    os.utime(".git/config", (0, 0))
except OSError as error:
    sys.exit(error.strerror)
