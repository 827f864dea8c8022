"""How credentials are found and masked, and that the quick checks miss none."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data.credentials import CREDENTIALS
from tests.data.secret_texts import PARTS, SECRETS
from writer_jobs_mcp.sanitize import secrets
from writer_jobs_mcp.sanitize.secret_forms import LABELLED, PREFIXED, PrefixedForm
from writer_jobs_mcp.sanitize.text import sanitize, strip_invisible

LABELS = [
    *("key", "api key", "subscription secret access key", "secret", "token", "db_pass", "pwd", "passphrase", "sig"),
    *("authorization", "--long-option-key ", "?code", "&ticket", "<token>", '"', "'", '\\"', "=>", ": ", ":="),
    *(" is ", "İ"),
]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("before", ["", "It failed: ", "\u00e9\u200b ", "word " * 40])
def test_a_secret_of_any_form_is_masked_anywhere_in_a_text(secret: str, before: str) -> None:
    shown = sanitize(f"{before}{secret} and so on")
    assert "[masked]" in shown
    assert not any(part in shown for part in ("MIIE", "eyJ", "hunter", "abc1", "abcd", "AKIA", "dXNl", "-1234"))
    assert shown.endswith(" and so on")


@pytest.mark.parametrize("form", PREFIXED, ids=lambda form: form.prefixes)
def test_the_quick_check_finds_every_prefix(form: PrefixedForm) -> None:
    for prefix in form.prefixes.split():
        assert secrets.may_contain_secret(f"It failed: {prefix.replace('?', 'a')}")


@pytest.mark.parametrize(("template", "secret"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_the_quick_check_finds_every_credential(template: str, secret: str) -> None:
    assert secrets.may_contain_secret(template.format(secret))


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(PARTS | st.sampled_from(LABELS), max_size=30).map("".join))
@example("PASS\rSMTP_PASS=m4ilPass12x in .env")  # what follows the first label holds the second
def test_looking_only_near_labels_finds_every_labelled_secret(text: str) -> None:
    text = strip_invisible(text)
    for form in LABELLED:
        pattern = re.compile(form.pattern)
        near = secrets._matches_near_labels(pattern, text)  # pyright: ignore[reportPrivateUsage]
        assert [match.span() for match in near] == [match.span() for match in pattern.finditer(text)]
