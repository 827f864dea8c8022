"""Which words are common in error messages, so that they are not taken for names."""

import pytest

from writer_jobs_mcp.failures.grouping.tokens import is_common, stems


def test_every_word_of_the_file_is_common() -> None:
    assert len(stems()) > 1_000
    assert all(map(is_common, stems()))


@pytest.mark.parametrize("word", "Stopped retries unauthorized re-created can't disallowed validation creates".split())
def test_a_word_derived_from_a_common_one_is_common(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", "kestrel Kafka palmyra quarry lynx-eagle".split())
def test_a_name_is_not_common(word: str) -> None:
    assert not is_common(word)
