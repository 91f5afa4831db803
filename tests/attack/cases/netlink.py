# The kernel's messages about devices.
# clause: net
# stopped: not supported
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


import socket

try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
except OSError as error:
    sys.exit(error.strerror)
