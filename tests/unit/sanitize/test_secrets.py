"""How credentials are found and masked, that each form finds its example, and that the quick checks miss none."""

import re

import pytest

from tests.data.credentials import CREDENTIALS, INNOCENT
from tests.data.secret_texts import SECRETS
from tests.helpers.secret_table import Row, innocent_rows, rates, secret_rows
from writer_jobs_mcp.sanitize.labelled import find_labelled_values
from writer_jobs_mcp.sanitize.secret_forms import (
    FOREIGN_LABELS,
    LABEL_WORDS,
    LABELS,
    PREFIXED,
    TEXT_FORMS,
    Label,
    PrefixedForm,
    TextForm,
)
from writer_jobs_mcp.sanitize.secret_forms.labels import MAKERS, OF_A_SECRET, OF_OTHER_KEYS, OF_OTHER_TOKENS
from writer_jobs_mcp.sanitize.secret_forms.words import WORDS_ABOUT_VALUES
from writer_jobs_mcp.sanitize.secrets import MASK, find_in_text, may_contain_secret, prefixed_pattern
from writer_jobs_mcp.sanitize.text import sanitize

HEX = "9f86d081884c7d659a2feaa0c55ad015"
MIXED = "x7Kd93jQpL0vb2Tz8Wm4Yn6R"
MAX_SHOWN, MAX_SPOILT = 10.0, 1.5  # percent
LABEL_ROWS = (*LABELS, *LABEL_WORDS, *FOREIGN_LABELS)


def marked(example: str) -> tuple[str, list[tuple[int, int]]]:
    """Return an example without its marks, and where the secrets between them begin and end."""
    spans: list[tuple[int, int]] = []
    for secret in re.finditer("«(.*?)»", example, re.DOTALL):
        start = secret.start() - 2 * len(spans)
        spans.append((start, start + len(secret[1])))
    return re.sub("[«»]", "", example), spans


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("before", ["", "It failed: ", "\u00e9\u200b ", "word " * 40, "It failed:\\n"])
def test_a_secret_of_any_form_is_masked_anywhere_in_a_text(secret: str, before: str) -> None:
    shown = sanitize(f"{before}{secret} and so on")
    assert MASK in shown
    assert not any(part in shown for part in ("MIIE", "eyJ", "hunter", "abc1", "abcd", "AKIA", "dXNl", "-1234"))
    assert shown.endswith(" and so on")


@pytest.mark.parametrize("form", PREFIXED)
def test_each_prefix_finds_its_example(form: PrefixedForm) -> None:
    for prefix in form.prefixes.split():
        key = prefix + form.tail
        assert re.fullmatch(prefixed_pattern(form), key), key
        assert may_contain_secret(f"It failed: {key}")
        assert sanitize(f"It failed: {key}, and so on") == f"It failed: {MASK}, and so on"


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_each_form_finds_the_secrets_of_its_example(form: TextForm) -> None:
    text, secrets = marked(form.example)
    assert list(find_in_text(form, text)) == secrets
    assert may_contain_secret(text)
    assert not any(text[start:end] in sanitize(text) for start, end in secrets)


@pytest.mark.parametrize("label", LABEL_ROWS)
def test_each_label_finds_the_value_of_its_example(label: Label) -> None:
    text, secrets = marked(label.example)
    words = re.split(r"[^a-z._]+", text.lower())
    assert list(find_labelled_values(text, [word.encode() for word in words])) == secrets
    assert may_contain_secret(text)
    assert sanitize(text) == "".join((text[: secrets[0][0]], MASK, text[secrets[0][1] :]))


def test_the_word_before_a_key_or_a_token_tells_whether_it_is_a_credential() -> None:
    assert [word for word in sorted(OF_A_SECRET) if MASK not in sanitize(f"{word}_key: x7Kd93jQ")] == []
    assert [word for word in sorted(OF_OTHER_KEYS) if MASK in sanitize(f"{word} key: {MIXED}")] == []
    assert [word for word in sorted(OF_OTHER_TOKENS) if MASK in sanitize(f"{word} token: {MIXED}")] == []
    assert [maker for maker in sorted(MAKERS) if MASK not in sanitize(f"{maker} refused the key {HEX}")] == []
    assert sanitize(f"the key {HEX} is not in the cache") == f"the key {HEX} is not in the cache"


def test_words_about_a_value_are_kept() -> None:
    assert [word for word in sorted(WORDS_ABOUT_VALUES) if MASK in sanitize(f"password: {word}")] == []


@pytest.mark.parametrize(("template", "secret"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_the_quick_check_finds_every_credential(template: str, secret: str) -> None:
    text = template.format(secret)
    assert may_contain_secret(text)
    assert secret not in sanitize(text)


@pytest.mark.parametrize("text", INNOCENT, ids=range(len(INNOCENT)))
def test_a_text_that_only_looks_like_a_secret_is_kept(text: str) -> None:
    assert sanitize(text) == text


def test_few_secrets_are_shown_and_few_innocent_texts_are_spoilt_in_the_half_not_tuned_on() -> None:
    secrets, innocent = secret_rows(held_out=True), innocent_rows(held_out=True)
    assert len(secrets) > 150
    assert len(innocent) > 150
    # Only the figures: whoever sees the texts might tune the forms on them.
    shown = rates(secrets, lambda row: row.is_shown)["all"]
    spoilt = rates(innocent, lambda row: row.is_spoilt)["all"]
    assert shown.percent <= MAX_SHOWN
    assert spoilt.percent <= MAX_SPOILT


def test_the_quick_check_finds_whatever_is_masked_in_the_table() -> None:
    def is_missed(row: Row) -> bool:
        return row.is_spoilt and not may_contain_secret(row.text)

    assert sum(map(is_missed, secret_rows(held_out=True) + secret_rows(held_out=False))) == 0
