"""What servers tell about the files that they send."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that a server asks to wait, which it tells so or as a date; 0 if it does not."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def told_md5(headers: Mapping[str, str]) -> str | None:
    """The checksum of a whole file, in hexadecimal, where the server tells it.

    Amazon's tag is one, unless the file was put there in parts or is encrypted with a key.
    """
    google = re.search(r"md5=([A-Za-z0-9+/]{22}==)", headers.get("x-goog-hash", ""))
    if google:
        return base64.b64decode(google[1]).hex()
    tag = headers.get("ETag", "").strip('"')
    encrypted = headers.get("x-amz-server-side-encryption", "").startswith("aws:kms")
    amazon = headers.get("Server") == "AmazonS3" and not encrypted
    return tag if amazon and re.fullmatch("[0-9a-f]{32}", tag) else None


def goes_on(status: int, headers: Mapping[str, str], have: int) -> bool:
    """Whether an answer is the whole file, or what is missing to it, be it nothing."""
    told = headers.get("Content-Range", "")
    if status == 416:
        return bool(have) and told == f"bytes */{have}"
    return status != 206 or told.startswith(f"bytes {have}-")
