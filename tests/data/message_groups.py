"""Error messages as real services write them, in groups that say the same: ``groups.txt``."""

from pathlib import Path

_LINES = Path(__file__).with_name("groups.txt").read_text(encoding="utf-8").split("\n")
_TEXT = "\n".join(line for line in _LINES if not line.startswith("#")).strip("\n")
GROUPS = [[line.replace("⏎", "\n") for line in group.split("\n")] for group in _TEXT.split("\n\n")]
MESSAGES = [message for group in GROUPS for message in group]
