# The memory of a process of the same user.
# clause: others
# stopped: No such file
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
    os.open(f"/proc/{os.environ['VICTIM']}/mem", os.O_RDWR)
except OSError as error:
    sys.exit(error.strerror)
