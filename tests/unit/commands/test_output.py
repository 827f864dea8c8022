"""What the commands print."""

import io
import sys

import pytest

from writer_jobs_mcp.commands.output import print_error, print_text


def test_a_character_that_stdout_cannot_encode_is_printed_as_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii", newline=""))
    print_text("An ellipsis … and an é")
    assert printed.getvalue() == b"An ellipsis ? and an ?\n"


def test_an_error_is_printed_on_stderr_with_the_name_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("WRITER_BASE_URL has an invalid host name.")
    assert capsys.readouterr() == ("", "writer-jobs-mcp: WRITER_BASE_URL has an invalid host name.\n")
