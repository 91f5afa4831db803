# Frames of the machine.
# clause: net
# stopped: not supported
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


import socket

try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
except OSError as error:
    sys.exit(error.strerror)
