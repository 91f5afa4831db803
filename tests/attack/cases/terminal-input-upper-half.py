# The same, with bits that the kernel does not look at.
# clause: others
# stopped: not permitted
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


import fcntl
import termios

master, slave = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    call(16, slave, ctypes.c_ulong(0x100005412), b"x")
    os._exit(0)
sys.exit(os.waitpid(pid, 0)[1] and 1)
