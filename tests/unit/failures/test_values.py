"""Which variable parts distinguish the messages of a group, and how often each value is counted."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.message_groups import MESSAGES
from writer_jobs_mcp.failures import FailureGroups, FoundGroup, OutOfTime, PlaceholderValues
from writer_jobs_mcp.failures.grouping import groups as grouping
from writer_jobs_mcp.failures.grouping import values


class Count:
    """How many messages a group has."""

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def add(self, item: int) -> None:
        self.count += item

    def merged(self, others: Iterable[Self]) -> Self:
        return type(self)(self.count + sum(other.count for other in others))


def groups(messages: Sequence[str], uncounted: Sequence[str] = ()) -> list[FoundGroup[Count]]:
    table = FailureGroups[int, Count](Count)
    for message in messages:
        table.add(message, 1)
    for message in uncounted:
        table.add(message, 0, counted=False)
    return list(table.groups())


def values_of(messages: Sequence[str]) -> tuple[PlaceholderValues, ...]:
    (group,) = groups(messages)
    return group.values


GRAPHS = [f"6029b226-d02f-4cc8-8ae8-2ee6ea2e6d5{n}" for n in range(3)]
EIGHT = [GRAPHS[0]] * 4 + [GRAPHS[1]] * 3 + [GRAPHS[2]]


@pytest.mark.parametrize(
    "template",
    [
        "Knowledge Graph {} was not found",
        '{{"tpe":"NotFound","errors":[{{"description":"Knowledge Graph {} was not found","key":"fail.notFound"}}]}}',
        '{{"message":"The graph was not found","graph_id":"{}","request_id":null}}',
    ],
)
def test_three_knowledge_graphs_behind_one_signature_are_counted(template: str) -> None:
    top = ((GRAPHS[0], 4), (GRAPHS[1], 3), (GRAPHS[2], 1))
    assert values_of([template.format(graph) for graph in EIGHT]) == (PlaceholderValues("<id>", 3, top),)


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([f"Job {n} failed on node n{n % 2}" for n in range(9)], [("<id>", 2)]),  # each has a number of its own
        ([f"Used {n % 2} of the limit in organization o{n % 3}" for n in range(9)], [("<id>", 3), ("<number>", 2)]),
        ([f"Copy from a{n % 2} to b{n % 3} failed" for n in range(9)], [("from <id>", 2), ("to <id>", 3)]),
        ([f"From node a{n % 2} to node b{n % 3} failed" for n in range(9)], [("<id> (1st)", 2), ("<id> (2nd)", 3)]),
        ([f"User '{'ab'[n % 2]}' may not read 'x{n % 3}'" for n in range(9)], [("User '<…>'", 2), ("read '<…>'", 3)]),
        ([f"Nodes a{n % 2} and b{n % 2} are down" for n in range(9)], [("<…>", 2)]),  # a list is one place
        ([f"Node a{n % 2} is down: restart a{n % 2} now" for n in range(9)], [("Node <id>", 2)]),  # the same twice
        (["Node a1 is down"] * 9, []),  # one value
        ([f"Node a{n} is down" for n in range(9)], []),  # another one each time
        ([f"{'word ' * 40} of node a{n % 2}" for n in range(9)], []),  # not seen in the signature
        ([f"Queue {name} is full" for name in "orders billing kafka-3 lynx.falcon quarry_7".split() * 2], [("<…>", 5)]),
    ],
    ids=range(11),
)
def test_the_wildcards_that_distinguish_messages_are_found(messages: list[str], found: list[tuple[str, int]]) -> None:
    assert [(each.placeholder, each.distinct) for each in values_of(messages)] == found


def test_equally_frequent_values_are_in_alphabetical_order() -> None:
    messages = [f"Node {node}1 is down" for node in "edcba" for _ in range(2)]
    assert values_of(messages)[0].top == (("a1", 2), ("b1", 2), ("c1", 2))


def test_messages_before_the_window_do_not_count_in_the_values() -> None:
    messages = [f"Node a{n % 2} is down" for n in range(9)]
    (group,) = groups(messages, uncounted=[f"Node b{n} is down" for n in range(50)])
    assert group.values == values_of(messages)


def test_long_values_are_cut_and_stay_distinct() -> None:
    names = [f"/{'x' * 200}/{n}/{'y' * 200}" for n in range(2)]
    (found,) = values_of([f"Could not open {name} for reading" for name in names * 3])
    assert found.distinct == 2
    assert [count for _, count in found.top] == [3, 3]
    assert all(len(value) == values.MAX_VALUE_CHARS for value, _ in found.top)


@pytest.mark.parametrize(("distinct", "is_shown"), [(values.MAX_DISTINCT, True), (values.MAX_DISTINCT + 1, False)])
def test_a_wildcard_with_too_many_values_is_not_shown_in_any_order(distinct: int, is_shown: bool) -> None:
    messages = [f"Node n{n} is down" for n in range(distinct)] * 3
    for seed in range(3):
        random.Random(seed).shuffle(messages)  # noqa: S311 - it must be the same each time
        assert bool(values_of(messages)) is is_shown


def test_values_are_left_out_if_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [f"Node a{n % 2} is down after {n} s" for n in range(40)]
    monkeypatch.setattr(grouping, "MAX_VALUES", 42)
    assert values_of(messages)
    monkeypatch.setattr(grouping, "MAX_VALUES", 41)
    assert values_of(messages) == ()


def test_values_are_left_out_if_there_are_too_many_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_TEMPLATES", 3)
    wordings = ["Node {} is down", "Could not open {}", "The disk {} is full", "No route to {} was found"]
    messages = [wording.format(f"a{n % 2}") for wording in wordings for n in range(8)]
    assert not any(group.values for group in groups(messages))
    assert all(group.values for group in groups(messages[:24]))


def test_values_are_left_out_if_the_time_is_over() -> None:
    def check() -> None:
        raise OutOfTime

    table = FailureGroups[int, Count](Count, check)
    for n in range(9):
        table.add(f"Node a{n % 2} is down", 1)
    (group,) = table.groups()
    assert group.values == ()


# Any messages ---------------------------------------------------------------------------------------------------------

_NAMES = "kestrel osprey merlin kafka-3 lynx.falcon OrderService a1 b2 7 12".split()
_TEMPLATES = (
    "Could not open the file {} of the tenant {}",
    "Queue {} holds {} messages, more than its limit",
    "User '{}' may not read document {}",
    '{{"error":{{"message":"The model {} is not available in region {}","code":404}}}}',
    '{{"message":"The graph was not found","graph":"{}","team":"{}"}}',
)
_FILLED = st.builds(str.format, st.sampled_from(_TEMPLATES), st.sampled_from(_NAMES), st.sampled_from(_NAMES))
_ANY = st.lists(_FILLED | st.sampled_from(MESSAGES) | st.text(max_size=30), max_size=60)


def facts(messages: Sequence[str]) -> Counter[tuple[str, int, tuple[PlaceholderValues, ...]]]:
    return Counter((signature, tally.count, found) for signature, _, tally, found in groups(messages))


@given(_ANY, st.randoms(use_true_random=False))
def test_the_order_of_messages_does_not_change_the_values(messages: list[str], r: random.Random) -> None:
    assert facts(messages) == facts(r.sample(messages, len(messages)))


@given(_ANY)
def test_the_counts_of_a_wildcard_sum_to_the_messages_of_its_group(messages: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "_MAX_TOP", 1_000)
        for group in groups(messages):
            assert len(group.values) <= 2
            for found in group.values:
                assert sum(count for _, count in found.top) == group.tally.count
                assert 2 <= found.distinct == len(found.top) <= group.tally.count / 2
                assert found.placeholder in group.signature or found.placeholder.endswith(")")


@given(st.lists(st.sampled_from(list(product("kestrel osprey merlin falcon heron".split(), GRAPHS))), max_size=80))
def test_words_that_differ_between_merged_templates_are_counted_as_written(pairs: list[tuple[str, str]]) -> None:
    """Names that are plain words are found to vary only when several messages are compared."""
    pairs = [(name, GRAPHS[0]) for name in "kestrel osprey merlin falcon heron".split()] * 2 + pairs
    (group,) = groups([f"Could not open the file {name} of graph {graph}" for name, graph in pairs])
    expected = [Counter(column) for column in zip(*pairs, strict=True)]
    found = {tuple(sorted(each.top)) for each in group.values}
    wanted = [counts for counts in expected if 2 <= len(counts) <= len(pairs) / 2]
    assert found == {tuple(sorted(sorted(counts.items(), key=lambda e: (-e[1], e[0]))[:3])) for counts in wanted}


@given(_ANY, _ANY)
def test_requesting_the_groups_midway_does_not_change_the_values(first: list[str], then: list[str]) -> None:
    table = FailureGroups[int, Count](Count)
    for i, message in enumerate([*first, *then]):
        if i == len(first):
            list(table.groups())
        table.add(message, 1)
    assert Counter((found.signature, found.tally.count, found.values) for found in table.groups()) == facts(
        [*first, *then]
    )


def test_values_are_exact_for_more_messages_than_are_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_CACHED_MESSAGES", 7)
    messages = [f"Node a{n % 3} is down after {n % 50} s" for n in range(600)]
    found = values_of(messages)
    assert [(each.placeholder, each.distinct, each.top[0]) for each in found] == [
        ("<id>", 3, ("a0", 200)),
        ("<number> s", 50, ("0 s", 12)),
    ]
