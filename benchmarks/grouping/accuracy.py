"""Grouping accuracy, as Zhu et al. define it (Tools and Benchmarks for Automated Log Parsing, ICSE-SEIP 2019)."""

from collections import Counter
from collections.abc import Hashable, Sequence


def grouping_accuracy(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Return the share of messages whose group is exactly the set of messages that belong together."""
    of_truth, of_found, both = Counter(truth), Counter(found), Counter(zip(truth, found, strict=True))
    right = sum(count for (t, f), count in both.items() if of_truth[t] == count == of_found[f])
    return right / max(len(truth), 1)
