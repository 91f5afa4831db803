# Input of a terminal that a shell would take for its user's.
# clause: others
# stopped: not permitted
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


import fcntl
import termios

master, slave = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    sys.exit(0 if libc.ioctl(slave, 0x5412, b"x") == 0 else os.strerror(ctypes.get_errno()))
sys.exit(os.waitpid(pid, 0)[1] and 1)
