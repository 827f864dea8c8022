"""Untrusted text that is crafted to be slow (ReDoS): it is processed in linear time."""

import json
import subprocess

import pytest

from tests.helpers.stdio_server import SERVER
from tests.helpers.tally import Tally

MAX_SECONDS = 30
BEGINNINGS = [
    *("sk-", "sk_a.", "sk-ab-", "ghp_a", "xoxb-a", "eyJaaaaaaaa-", "SG.a", "?key=", "?code=a", "key=", "token: "),
    *("a://a:", "cookie: a=", "bearer a", "-u a:", "password is ", '\\"', "\x90", "\x1b]", "\x9b0", "\u0301", "\u200b"),
    *(
        "private",
        "password: ",
        '"password',
        "password='a",
        "key=a,b;c&d",
        "a-",
        "aB3_",
        "data: a:b ",
        "kind: secret data: ",
    ),
    *("login a password ", "a:5432:a:b:", " -a redis-cli ", "mysql -p", "a%3a%2f%2f", "authorization: a=b, "),
    *("-----END PRIVATE KEY-----aaaaaaaaaaaaaaaa", "AKIAIOSFODNN7EXAMPLE a ", "live_a1", "x7Kd93jQpL0vb2Tz8Wm4 ", "@"),
    *("cookie:", "eyJ-", "-----BEGIN PRIVATE KEY-----", "--token ", "hooks.slack.com/a/", "authorization: bearer "),
]
NESTED_OR_REPEATED = {
    "empty lines in echoed input": ("Input: ", "\n"),
    "blank lines in echoed input": ("Input: ", "\n \t"),
    "lists in lists": ("", '["a",'),
    "objects in objects": ("", '{"a": {"b": 1, "c": '),
    "almost an IPv6 address": ("1:2:3:", "a"),
}


def test_repeated_beginnings_of_secrets_and_escapes_are_sanitized_in_linear_time(tally: Tally) -> None:
    tally.tried["hostile texts"] += len(BEGINNINGS)
    program = (
        "import json, sys\n"
        "from writer_jobs_mcp.sanitize.text import sanitize\n"
        "for each in json.load(sys.stdin): sanitize(each * (200_000 // len(each)))\n"
    )
    # A pattern that searches the whole rest from each beginning takes minutes.
    _run_within_limit(program, BEGINNINGS)


@pytest.mark.parametrize(("start", "unit"), NESTED_OR_REPEATED.values(), ids=NESTED_OR_REPEATED)
def test_nested_or_repeated_errors_are_classified_in_linear_time(start: str, unit: str, tally: Tally) -> None:
    tally.tried["hostile texts"] += 1
    program = (
        "import json, sys\n"
        "from writer_jobs_mcp.failures.classify.classifier import classify_error\n"
        "from writer_jobs_mcp.failures.grouping.template import parse_template\n"
        "start, unit = json.load(sys.stdin)\n"
        "for error in (f'{start}{n}{unit * 8_000}' for n in range(100)): classify_error(error), parse_template(error)\n"
    )
    _run_within_limit(program, [start, unit])


def test_a_resource_with_many_fields_is_built_in_linear_time(tally: Tally) -> None:
    tally.tried["hostile texts"] += 1
    program = (
        "import json, sys\n"
        "from writer_jobs_mcp.client.models import RawJson\n"
        "from writer_jobs_mcp.results.raw_json import raw_json_text\n"
        "raw_json_text(RawJson({name + str(n): n for name in json.load(sys.stdin) for n in range(60_000)}))\n"
    )
    _run_within_limit(program, ["field"])  # comparing each field with all others takes two minutes


def _run_within_limit(program: str, values: list[str]) -> None:
    # Limit CPU time, which does not grow on a busy machine.
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_CPU, ({MAX_SECONDS}, {MAX_SECONDS}))\n"
    subprocess.run(  # noqa: S603 - our own program
        [SERVER[0], "-c", limit + program], input=json.dumps(values), encoding="utf-8", check=True
    )
