# A device of its own.
# clause: devices
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


try:
    os.mknod("null", 0o20666, os.makedev(1, 3))
except OSError as error:
    sys.exit(error.strerror)
