# Descriptors that the step was not given.
# clause: others
# stopped: none
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


open_ones = []
for fd in range(3, 1024):
    try:
        os.fstat(fd)
        open_ones.append(fd)
    except OSError:
        pass
sys.exit(0 if open_ones else "none")
