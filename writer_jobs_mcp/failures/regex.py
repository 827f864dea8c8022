"""Compile regular expressions when they are first used."""

import re
from functools import cache


@cache
def regex(source: str) -> re.Pattern[str]:
    """Compile an expression, ignoring case.

    To compile all phrases on import would take 0.4 s. The cache of `re` holds 512 only, and takes four times as long.
    """
    return re.compile(source, re.IGNORECASE)
