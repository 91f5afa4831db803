#!/usr/bin/python3
"""sign.py FILE: its HMAC-SHA-256 by the key in $LILY_SECRETS/BACKUP_KEY."""

import hashlib
import hmac
import os
import sys
from pathlib import Path

key = Path(os.environ["LILY_SECRETS"], "BACKUP_KEY").read_bytes()
with open(sys.argv[1], "rb") as file:
    print(hmac.new(key, file.read(), hashlib.sha256).hexdigest())
