# To the host of this virtual machine.
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
    socket.socket(40, socket.SOCK_STREAM)
except OSError as error:
    sys.exit(error.strerror)
