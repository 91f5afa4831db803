# Writes by a descriptor from before the copy, and by a mapping.
# clause: write
# stopped: is as it was|Permission denied|not permitted|Bad file
# control: 
# users: root user
import mmap
import os
import sys

try:
    before = os.open("file", os.O_RDONLY)
    after = os.open("file", os.O_RDWR)
    view = mmap.mmap(after, 4, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    view[0:4] = b"mine"
    os.fsync(after)
    path = "/proc/self/fd/%d" % before
    os.write(os.open(path, os.O_WRONLY), b"mine")
except OSError as error:
    sys.exit(error.strerror)
sys.exit("the file below is as it was")
