# setns(2) to the lane.
# clause: write
# stopped: Permission denied|not permitted
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


try:
    fd = os.open("/proc/1/ns/mnt", os.O_RDONLY)
except OSError as error:
    sys.exit(error.strerror)
call(308, fd, 0)
