"""Find the words that differ between otherwise equal templates because they are names, not events."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from writer_jobs_mcp.failures.grouping.template import is_cause_key, is_meaningful
from writer_jobs_mcp.failures.grouping.tokenize import UNSPACED_SCRIPT
from writer_jobs_mcp.failures.grouping.tokens import FAILURE, WILDCARD, Token, is_common

MAX_NAME_WORDS = 3  # the longest name that is looked for
MIN_TEMPLATES = 3  # that were merged into one, before others are fitted to it
MIN_SHARED_WORDS = 3  # templates that share fewer may be about different things
LAST_LATIN_LETTER = "\u024f"
_MIN_PHRASE_CHARS = 6  # of Chinese or Japanese: 无法连接服务器
MAX_FITS = 16  # layouts of wildcards that a template is compared with

Keys = tuple[str, ...]
Span = tuple[int, int]  # from, to: positions in a template
Spans = dict[Keys, list[Span]]


def find_variable_spans(templates: Mapping[Keys, Sequence[Token]], check: Callable[[], None]) -> Spans:
    """Return, by template, the spans that vary like names between otherwise equal templates.

    `check` is called every few milliseconds; an exception of it ends the search.
    """
    found: Spans = defaultdict(list)
    may_be_name = _NameCache()
    _find_single_spans(templates, found, may_be_name, check)
    _find_name_spans(templates, found, may_be_name, check)
    return found


class _NameCache(dict[str, bool]):
    """A cache of whether a word may be a name, because it means nothing by itself."""

    def __missing__(self, word: str) -> bool:
        self[word] = known = word == WILDCARD or not is_meaningful(word)
        return known


def fit_to_templates(weights: Mapping[Keys, int], check: Callable[[], None]) -> Spans:
    """Return, by template, the spans to replace so that it equals a template with at least two wildcards.

    `weights`: how many templates each was merged from. `check`: as for `find_variable_spans`.
    """
    ways: dict[int, dict[tuple[int, ...], int]] = defaultdict(lambda: defaultdict(int))
    for keys, weight in weights.items():
        positions = tuple(i for i, key in enumerate(keys) if key == WILDCARD)
        if weight >= MIN_TEMPLATES and len(positions) > 1 and len(_constant_words(keys)) >= MIN_SHARED_WORDS:
            ways[len(keys)][positions] += weight
    likeliest = {n: sorted(of, key=lambda positions: (-of[positions], positions))[:MAX_FITS] for n, of in ways.items()}
    found: Spans = {}
    for keys in weights:
        check()
        for positions in likeliest.get(len(keys), ()):
            fit = tuple(WILDCARD if i in positions and _may_be_value(key) else key for i, key in enumerate(keys))
            if fit != keys and weights.get(fit, 0) >= MIN_TEMPLATES:
                found[keys] = [(i, i + 1) for i in positions if keys[i] != fit[i]]
                break
    return found


_PRIME, _RING = 1_000_003, (1 << 61) - 1
_INDEX, _POSITION = 16, 8  # bits for the index of a template, and for a position in it
_BUCKETS = 256


def _find_single_spans(
    templates: Mapping[Keys, Sequence[Token]], found: Spans, may_be_name: _NameCache, check: Callable[[], None]
) -> None:
    numbered = list(templates)
    position, index = (1 << _POSITION) - 1, (1 << _INDEX) - 1
    # In buckets: sorting one long list would block every other thread.
    buckets: list[list[int]] = [[] for _ in range(_BUCKETS)]
    for place in _context_hashes(numbered, may_be_name, check):
        buckets[(place >> (_INDEX + 2 * _POSITION)) % _BUCKETS].append(place)
    for bucket in buckets:
        check()
        for _, group in groupby(sorted(bucket), key=lambda place: place >> (_INDEX + 2 * _POSITION)):
            positions = [
                (numbered[p >> 2 * _POSITION & index], (p >> _POSITION & position, p & position)) for p in group
            ]
            if len(positions) > 1 and _look_like_names(positions, templates):
                for keys, (start, stop) in positions:
                    if all(key == WILDCARD or _may_be_value(key) for key in keys[start:stop]) and any(
                        key != WILDCARD for key in keys[start:stop]
                    ):
                        found[keys].append((start, stop))


def _context_hashes(templates: Sequence[Keys], may_be_name: _NameCache, check: Callable[[], None]) -> Iterator[int]:
    """Yield a number for each possible span: a hash of the words around it, the index of the template, the span.

    Sorted, spans with the same words around them are neighbours.
    """
    known: dict[str, int] = {}
    for index, keys in enumerate(templates):
        check()
        numbers = [known.setdefault(key, len(known) + 1) for key in keys]
        ahead, behind = _prefix_hashes(numbers), _prefix_hashes(numbers[::-1])
        named = [may_be_name[key] for key in keys]
        for start in range(len(keys)):
            if start and is_cause_key(keys[start - 1]):
                continue
            for stop in range(start + 1, min(start + MAX_NAME_WORDS, len(keys)) + 1):
                if _can_vary(keys[start]) if stop == start + 1 else all(named[start:stop]):
                    around = (ahead[start] * 31 + behind[len(keys) - stop]) & _RING
                    yield ((around << _INDEX | index) << _POSITION | start) << _POSITION | stop


def _prefix_hashes(numbers: Sequence[int]) -> list[int]:
    """Return the hash of each prefix of `numbers`."""
    out = [0]
    for number in numbers:
        out.append((out[-1] * _PRIME + number) & _RING)
    return out


def _can_vary(word: str) -> bool:
    """Return whether a single word can vary; a key cannot."""
    return word != "" and word[-1] not in "=:∅)"


def _may_be_value(word: str) -> bool:
    """Return whether a word may be a value where other templates have one: not if it tells what happened by itself."""
    return _can_vary(word) and not FAILURE.search(word) and not _is_unspaced_phrase(word)


_NOUNS_BEFORE_NAMES = frozenset(
    """
    account agent argument attribute bucket called category class client cluster collection column command container
    customer database device document domain driver field file flag function group host image index interface job key
    language library method model module name named namespace node option organization package page parameter plugin pod
    process program project property queue region role schema section server service sheet step table task template
    tenant tool topic user variable volume
    """.split()
)  # a word after one of these is probably its name
_BEFORE_STATES = frozenset(
    """
    are be been being can can't cannot could couldn't did didn't doesn't don't had has have is not was were won't
    """.split()
)
_BEFORE_TO = frozenset(
    """
    able attempt attempted attempting failed failure impossible need needs refused refusing tried try trying unable used
    """.split()
)


class _Weights(NamedTuple):
    """How strongly each kind of value suggests a name, and the total that is needed."""

    wildcard: float
    name: float  # of a value without a meaningful word
    word: float  # of a value with one
    code: float  # of a value that begins with capitals, as EPERM and CLOSED do, or is a phrase without spaces
    needed: float


def _look_like_names(spans: Sequence[tuple[Keys, Span]], templates: Mapping[Keys, Sequence[Token]]) -> bool:
    """Return whether the values in one span of otherwise equal templates look like names.

    Each value is evidence, by its weight. `connection opened` and `connection closed` stay apart, however often either
    is seen.
    """
    keys, (start, stop) = spans[0]
    around = _constant_words(keys[:start] + keys[stop:])
    values = [template[a:b] for template, (a, b) in spans]
    if not around or any(values[0][i] != WILDCARD and len({value[i] for value in values}) == 1 for i in (0, -1)):
        return False  # nothing is shared, or a shorter span fits better
    weights = _weights(keys[:start], templates[keys][start].lead, around, values)
    return sum(_evidence(value, weights) for value in values) >= weights.needed


def _weights(before: Keys, lead: str, around: Sequence[str], values: Sequence[Keys]) -> _Weights:
    """Return the weights for a span: the rarer names are in such a place, the more evidence is needed.

    `lead`: the text between the keys before it and the span. `around`: the constant words before and after it.
    """
    after_noun = bool(before) and before[-1].lower().removesuffix("s") in _NOUNS_BEFORE_NAMES
    has_wildcard = (WILDCARD,) in values and len(around) >= MIN_SHARED_WORDS
    needed = 2.5 if after_noun else 3.0 if has_wildcard else 4.0 if before else 8.0
    if len(around) == 1:
        needed *= 4
    if not has_wildcard and not _are_mostly_common(around) and not _is_other_script(around, values):
        needed *= 2.5  # another language: an uncommon word need not be a name
    return _Weights(
        wildcard=2.0,
        name=1.0 if not after_noun and (":" in lead or _expects_verb(before)) else 2.0,
        word=1.0 if has_wildcard else 0.5 if after_noun else 0.2,
        code=0.2,
        needed=needed,
    )


def _evidence(value: Keys, weights: _Weights) -> float:
    words = [key for key in value if key != WILDCARD]
    if not words:
        return weights.wildcard
    if not any(map(is_meaningful, words)):
        return weights.name
    return weights.code if words[0].isupper() or _is_unspaced_phrase(words[0]) else weights.word


def _is_unspaced_phrase(word: str) -> bool:
    """Return whether a word of a script without spaces is long enough to be a sentence."""
    return len(word) >= _MIN_PHRASE_CHARS and bool(UNSPACED_SCRIPT.match(word))


def _expects_verb(before: Keys) -> bool:
    """Return whether a verb or a state follows these words: `failed to …`, `is not …`, `code=…`."""
    *_, earlier, last = ("", "", *before)
    return (
        is_cause_key(last) or last.lower() in _BEFORE_STATES or (last.lower() == "to" and earlier.lower() in _BEFORE_TO)
    )


def _find_name_spans(
    templates: Mapping[Keys, Sequence[Token]], found: Spans, may_be_name: _NameCache, check: Callable[[], None]
) -> None:
    """Find templates that share every meaningful word: they differ in names."""
    skeletons: dict[Keys, list[Keys]] = defaultdict(list)
    for keys in templates:
        check()
        skeletons[tuple(WILDCARD if may_be_name[key] else key for key in keys)].append(keys)
    for skeleton, alike in skeletons.items():
        shared = _constant_words(skeleton)
        if len(alike) > 1 and len(shared) >= MIN_SHARED_WORDS and _are_mostly_common(shared):
            for i, values in enumerate(zip(*alike, strict=True)):
                before = alike[0][:i]
                if len(set(values)) > 1 and (i > 0 or len(alike) > MIN_TEMPLATES) and not _expects_verb(before):
                    for keys in alike:
                        if keys[i] != WILDCARD:
                            found[keys].append((i, i + 1))


def _constant_words(keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key not in (WILDCARD, "")]


def _are_mostly_common(keys: Sequence[str]) -> bool:
    """Return whether at least half of the words are common."""
    return 2 * sum(is_common(key.rstrip("=:∅()")) for key in keys) >= len(keys)


def _is_other_script(around: Sequence[str], values: Sequence[Keys]) -> bool:
    """Return whether the values are in another script than the words around them."""
    return any(c > LAST_LATIN_LETTER for key in around for c in key) and all(
        key.isascii() for value in values for key in value
    )
