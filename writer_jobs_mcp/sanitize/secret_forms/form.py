"""What the tables of forms consist of."""

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

# Patterns are bounded: what may stand before the end of a secret, and what a lookahead reads, has at most some thousand
# characters. Without a bound, a text that repeats the beginning of a form would be searched to its end from each.

# Where a key may begin: after a letter it is the end of a word; but \n, %3D and \u003d are no letters.
START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=u00[0-9a-fA-F]{2}))"

ALNUM = "x7Kd93jQpL0vb2Tz8Wm4Yn6Rc5uHs1EaGfDqJ3iB"
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BASE64 = "q8Zt/3kV0mX+7bRw2Yc9LdJ5hPs1FnEa6GuTi4Ov8Zt3kV0mX7bRw2Yc9LdJ5hPs1FnEa6GuTi4OvQx+Rm"
UUID = "3f0b6c1e-9d24-4a57-8c83-5be0d7a41f92"


class PrefixedForm(NamedTuple):
    """Keys that begin with a prefix of their maker."""

    prefixes: str  # separated by blanks
    rest: str  # the pattern of what follows
    tail: str  # what follows in an example; it stands apart from the prefix, so that no scanner reports it


class In(Enum):
    """Where the markers of a form are looked for."""

    TEXT = auto()  # anywhere
    WORDS = auto()  # among its words: quicker for many
    LONG_WORDS = auto()  # within the words that are long enough for a key: quicker still


class TextForm(NamedTuple):
    """Credentials that are known by what stands around them, or by their shape."""

    markers: tuple[str, ...]  # in lower case; one of them is in every text that holds this form, if there are any
    pattern: str  # what its groups match is masked; if it has none, all of it
    example: str  # a text whose secrets stand between « and »
    check: Callable[[str], bool] | None = None  # whether what was matched is a secret
    inside: str = ""  # only within what this pattern matches
    back: str = ""  # the pattern of what must stand before the match, read backwards; it is masked, too
    needs: str = ""  # what is also in every text that holds this form; shared by many forms, and looked for first
    look_in: In = In.TEXT
