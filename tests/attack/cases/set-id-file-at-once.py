# The same by open(2).
# clause: write
# stopped: not permitted
# control: root
# users: root
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
    os.close(os.open("program", os.O_CREAT | os.O_WRONLY, 0o4755))
except OSError as error:
    sys.exit(error.strerror)
