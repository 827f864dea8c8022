"""The rules of the classifier: every phrase decides its example, and no phrase can be slow."""

import re
import subprocess
import sys

import pytest

from tests.data.labelled_errors import KNOWN, LabelledError
from writer_jobs_mcp.failures import Category, Retry, classify_error
from writer_jobs_mcp.failures.classify.categories import ADVICE, DEFAULT_RETRY
from writer_jobs_mcp.failures.classify.http_status import HTTP_STATUSES
from writer_jobs_mcp.failures.classify.patterns import (
    WordPositions,
    compile_phrase,
    first_letters,
    remove_accents,
    required_words,
)
from writer_jobs_mcp.failures.classify.relevant_text import relevant_texts
from writer_jobs_mcp.failures.classify.rule_tables import LANGUAGES, Rule, load_rules, read_rule_file

RULES = [rule for tier in load_rules() for rule in tier]
CAUSES = set(DEFAULT_RETRY) - {"unknown"}
PHRASES = [(rule, phrase, example) for rule in RULES for phrase, example in rule.examples.items()]


@pytest.mark.parametrize("rule", RULES, ids=range(len(RULES)))
def test_each_phrase_matches_its_example_which_has_the_cause_of_the_rule(rule: Rule) -> None:
    found = {
        phrase: classify_error(example)
        for phrase, example in rule.examples.items()
        if any(compile_phrase(phrase).search(text.relevant) for text in relevant_texts(example))
    }
    right = [phrase for phrase, cause in found.items() if (cause.category, cause.retry) == (rule.category, rule.retry)]
    assert [phrase for phrase in rule.examples if phrase not in right] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_rules_for_every_cause(language: str) -> None:
    tables = read_rule_file(language)
    names = [name for tier in ("rules", "fallback_rules") for name in tables.get(tier, {})]
    assert {re.match(r"\w+", name)[0] for name in names} >= CAUSES  # pyright: ignore[reportOptionalSubscript]


def test_no_phrase_repeats_without_bound() -> None:
    assert [
        phrase for _, phrase, _ in PHRASES if re.search(r"[+*]|,\}", re.sub(r"\\w\+|\\d\+|\w\*|\w\*\)", "", phrase))
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("row", KNOWN[::15], ids=lambda row: row.claim)
def test_every_match_of_a_phrase_holds_its_required_words(row: LabelledError) -> None:
    for text in (text.relevant for text in relevant_texts(row.error)):
        for _, phrase, _ in PHRASES:
            if compile_phrase(phrase).search(text):
                assert all(
                    any(word in remove_accents(text.lower()) for word in words) for words in required_words(phrase)
                ), phrase


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("rate limit", (("limit",), ("rate",))),
        ("(read|write) time out", (("read", "write"), ("time",), ("out",))),
        ("is (currently |still )?loading", (("loading",), ("is",))),
        ("requests? too fast", (("request",), ("fast",), ("too",))),
        ("timed out|deadline passed", (("timed", "deadline"),)),
        ("token(?! in)", (("token",),)),
        ("token .{0,9}limit ?reached", (("reached",), ("token",), ("limit",))),
        ("(token|word).{0,9}limits?", (("limit",), ("token", "word"))),
        ("délai dépassé", (("depasse",), ("delai",))),
        ("is (very ){0,1}full", (("full",), ("is",))),
    ],
)
def test_required_words_are_those_that_every_match_holds(phrase: str, words: tuple[tuple[str, ...], ...]) -> None:
    assert {frozenset(group) for group in required_words(phrase)} == {frozenset(group) for group in words}


def test_importing_compiles_and_reads_nothing() -> None:
    code = """if True:
        from writer_jobs_mcp.failures.classify import classifier, patterns, rule_tables
        from writer_jobs_mcp.failures import regex
        caches = regex.regex, patterns.compile_phrase, rule_tables.load_rules
        print(*(cache.cache_info().misses for cache in caches))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.split() == ["0", "0", "0"]


def test_every_cause_of_a_rule_or_a_status_has_advice() -> None:
    decided: list[tuple[Category, Retry | None]] = [(rule.category, rule.retry) for rule in RULES]
    decided += HTTP_STATUSES.values()
    assert {(category, retry or DEFAULT_RETRY[category]) for category, retry in decided} | {
        ("unknown", "unknown")
    } == set(ADVICE)


@pytest.mark.parametrize(
    ("phrase", "letters"),
    [
        ("rate limit", "r"),
        ("(a |the )?rate limit", "atr"),
        ("(knowledge )?graph", "kg"),
        ("e?time out", "et"),
        ("(x(y|z)?)?w", "xw"),
        ("请求.{0,4}频繁", "请"),
        ("(日{0,1}|月)本", "日月本"),
        ("time out(?! in)|late", "tl"),
        ("(模型(?!的)|文件(?!夹))不存在", "模文"),
        ("^rate limit$", None),
        (r"\w\w rate", None),
        ("# words", None),
        ("(a |the )?", None),
        ("tokens(?! per )|words", "tw"),
        ("élan|être", "e"),
    ],
)
def test_the_first_letters_of_a_phrase_are_those_that_a_match_starts_with(phrase: str, letters: str | None) -> None:
    assert first_letters(phrase) == (frozenset(letters) if letters else None)


@pytest.mark.slow
@pytest.mark.parametrize("row", KNOWN[::40], ids=lambda row: row.claim)
def test_a_phrase_is_found_first_where_a_search_of_the_whole_text_finds_it(row: LabelledError) -> None:
    for text in (text.relevant for text in relevant_texts(row.error)):
        positions = WordPositions(text)
        for _, phrase, _ in PHRASES:
            found = compile_phrase(phrase).search(text)
            assert next(positions.find(phrase), None) == (found.span() if found else None), phrase


def test_every_phrase_requires_a_word() -> None:
    assert [phrase for _, phrase, _ in PHRASES if not required_words(phrase)] == []
