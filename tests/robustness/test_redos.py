"""Strangers' text that is made to be dear: it holds nobody up."""

import json
import subprocess

import pytest

from tests.helpers.stdio_server import SERVER
from tests.helpers.tally import Tally

MAX_SECONDS = 30
BEGINNINGS = [
    *("sk-", "sk_a.", "sk-ab-", "ghp_a", "xoxb-a", "eyJaaaaaaaa-", "SG.a", "?key=", "?code=a", "key=", "token: "),
    *("a://a:", "cookie: a=", "bearer a", "-u a:", "password is ", '\\"', "\x90", "\x1b]", "\x9b0", "\u0301", "\u200b"),
    *("cookie:", "eyJ-", "-----BEGIN PRIVATE KEY-----", "--token ", "hooks.slack.com/a/", "authorization: bearer "),
]
NESTED_OR_REPEATED = {
    "lines without words in what was given back": ("Input: ", "\n"),
    "lines of blanks in what was given back": ("Input: ", "\n \t"),
    "lists in lists": ("", '["a",'),
    "objects in objects": ("", '{"a": {"b": 1, "c": '),
    "what is almost an address of a network": ("1:2:3:", "a"),
}


def test_repeated_beginnings_of_secrets_and_escapes_are_sanitized_in_linear_time(tally: Tally) -> None:
    tally.tried["hostile texts"] += len(BEGINNINGS)
    program = (
        "import json, sys\n"
        "from writer_jobs_mcp.sanitize.text import sanitize\n"
        "for each in json.load(sys.stdin): sanitize(each * (400_000 // len(each)))\n"
    )
    # Where a form is looked for in the whole rest from each beginning, one of them takes minutes.
    _run_within_limit(program, BEGINNINGS)


@pytest.mark.parametrize(("start", "unit"), NESTED_OR_REPEATED.values(), ids=NESTED_OR_REPEATED)
def test_nested_or_repeated_errors_are_classified_in_linear_time(start: str, unit: str, tally: Tally) -> None:
    tally.tried["hostile texts"] += 1
    program = (
        "import json, sys\n"
        "from writer_jobs_mcp.failures.classify.classifier import classify_error\n"
        "from writer_jobs_mcp.failures.grouping.template import parse_template\n"
        "start, unit = json.load(sys.stdin)\n"
        "for error in (f'{start}{n}{unit * 8_000}' for n in range(200)): classify_error(error), parse_template(error)\n"
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
    _run_within_limit(program, ["field"])  # where each is compared with all the others, they take two minutes


def _run_within_limit(program: str, said: list[str]) -> None:
    # Of the processor's time: on a busy machine everything takes longer.
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_CPU, ({MAX_SECONDS}, {MAX_SECONDS}))\n"
    subprocess.run(  # noqa: S603 - our own program
        [SERVER[0], "-c", limit + program], input=json.dumps(said), encoding="utf-8", check=True
    )
