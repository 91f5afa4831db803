# A file whose bytes the overlay would take from another one: one that is denied.
# clause: deny
# stopped: is empty|not supported
# control: 
# users: root user
import os
import sys

try:
    open("mine", "w").close()
    os.truncate("mine", 8)
    os.setxattr("mine", "user.overlay.redirect", b"/.env")
    os.setxattr("mine", "user.overlay.metacopy", b"")
    if "TOKEN" not in open("mine").read():
        sys.exit("it is empty")
except OSError as error:
    sys.exit(error.strerror)
