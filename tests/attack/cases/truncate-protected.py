# truncate(2), which older Landlocks do not know.
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
    os.truncate(".git/config", 0)
except OSError as error:
    sys.exit(error.strerror)
