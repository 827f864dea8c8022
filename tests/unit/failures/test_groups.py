"""Which error messages say the same: groups as real services write them, and what must hold for any text."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.message_groups import GROUPS, MESSAGES
from writer_jobs_mcp.failures import FailureGroups, OutOfTime, group_failures
from writer_jobs_mcp.failures.grouping import groups as grouping
from writer_jobs_mcp.failures.grouping.template import MAX_CHARS


def grouped(messages: list[str]) -> list[list[str]]:
    return sorted(sorted(messages[i] for i in group.members) for group in group_failures(messages))


# Examples -------------------------------------------------------------------------------------------------------------


def test_the_table_is_long_enough() -> None:
    assert len(GROUPS) >= 60
    assert min(map(len, GROUPS)) >= 3


@pytest.mark.parametrize("group", GROUPS, ids=range(1, len(GROUPS) + 1))
def test_messages_that_say_the_same_are_one_group_by_themselves(group: list[str]) -> None:
    assert grouped(group) == [sorted(group)]


def test_messages_of_all_groups_together_are_split_into_the_same_groups() -> None:
    assert grouped(MESSAGES) == sorted(map(sorted, GROUPS))


@pytest.mark.parametrize(
    "messages",
    [
        ["connection opened", "connection closed"],
        ["status 404", "status 503"],
        ["ValueError: bad input", "KeyError: bad input"],
        ["started", "stopped", "failed"],
        ["Could not read the file", "Could not write the file"],
        ["Access was granted to user 7", "Access was denied to user 7"],
        ['{"code":"timeout","id":1}', '{"code":"refused","id":2}'],
        ["errorCode=E1001 in step 4", "errorCode=E2002 in step 4"],
        ["disk is full on node 3", "disk is offline on node 3"],
        ["", "an error"],
        ["File is missing: a.txt", "File is locked: a.txt"],
        ["读取文件 a.txt 失败", "写入文件 a.txt 失败"],
    ],
    ids=lambda messages: messages[0],
)
@pytest.mark.parametrize("times", [1, 40])
def test_similar_messages_with_different_causes_stay_apart(messages: list[str], times: int) -> None:
    assert len(group_failures(messages * times)) == len(messages)


@pytest.mark.parametrize(
    ("messages", "signature"),
    [
        (GROUPS[0], "Rate limit reached for model <id> in organization <id> on tokens per minute (TPM): Limit <number>, "  # noqa: E501 - as it reads best
         "Used <number>, Requested <number>. Please try again in <…>."),
        (["Task 4f1d7e62-6a2e-4a6e-9f3e-3f0a1b2c3d4e timed out after 30 seconds"], "Task <id> timed out after <number> seconds"),  # noqa: E501 - as it reads best
        (["User 'bob' is locked", "User 'eve' is locked"], "User '<…>' is locked"),
        (["Could not open /a/b.txt"], "Could not open <…>"),
        (["KeyError"], "KeyError"),
        (["12345"], "#"),
        ([" "], "(empty)"),
    ],
)  # fmt: skip
def test_a_signature_reads_as_the_message_does(messages: list[str], signature: str) -> None:
    assert [group.signature for group in group_failures(messages)] == [signature]


def test_a_traceback_is_grouped_by_its_exception_and_innermost_function() -> None:
    trace = 'Traceback (most recent call last):\n  File "/a.py", line {line}, in {way}\n  File "/b.py", line 9, in {place}\nOSError: {text}'  # noqa: E501 - as it reads best
    same = [
        trace.format(line=1, way="f", place="load", text="bad 1"),
        trace.format(line=7, way="g", place="load", text="bad 2"),
    ]
    elsewhere = trace.format(line=1, way="f", place="save", text="bad 1")
    assert grouped([*same, elsewhere]) == sorted([sorted(same), [elsewhere]])


def test_a_chained_exception_counts() -> None:
    chain = (
        'Traceback (most recent call last):\n  File "/a.py", line 3, in f\n{cause}\n\nDuring handling of the above exception, '  # noqa: E501 - as it reads best
        'another exception occurred:\n\nTraceback (most recent call last):\n  File "/b.py", line 9, in g\nRuntimeError: job {n} failed'  # noqa: E501 - as it reads best
    )
    refused = [chain.format(cause="ConnectionRefusedError: refused", n=n) for n in (1, 2)]
    missing = [chain.format(cause="FileNotFoundError: missing", n=n) for n in (3, 4)]
    assert grouped([*refused, *missing]) == sorted([refused, missing])


def test_the_largest_group_comes_first() -> None:
    assert [group.count for group in group_failures(["a b"] + ["c d"] * 3 + ["e f"] * 2)] == [3, 2, 1]


@pytest.mark.parametrize(
    "messages",
    [
        ["RuntimeError('Rate limit exceeded')", "RuntimeError('Permission denied')"],
        [
            '<HttpError 403 when requesting https://x.example/a returned "Rate Limit Exceeded">',
            '<HttpError 403 when requesting https://x.example/b returned "insufficient permissions">',
        ],
        ["Step 3 failed with 'the file is locked'", "Step 4 failed with 'the file is empty'"],
        ["ValueError('多个步骤没有完成')", "ValueError('表格没有任何数据')"],
    ],
)
@pytest.mark.parametrize("times", [1, 40])
def test_a_quotation_that_reads_like_a_message_tells_messages_apart(messages: list[str], times: int) -> None:
    assert len(group_failures(messages * times)) == len(messages)


@pytest.mark.parametrize("frame", ["Exception: {} (job 7)", "Task {} of the run ended"])
def test_what_tells_by_itself_what_happened_is_no_name_where_others_have_one(frame: str) -> None:
    names = ["kestrel_7", "osprey_8", "merlin_9", "heron_3"]
    telling = ["MemoryError", "无法连接到数据库服务器", "ナレッジベースは削除されています"]
    found = group_failures([frame.format(each) for each in (*names, *telling)])
    assert sorted(group.count for group in found) == [1, 1, 1, 4]


@pytest.mark.parametrize("template", ['User "{}" is away', "KeyError('{}')", 'No sheet named "{}" in the workbook'])
def test_a_quotation_that_is_a_name_does_not_tell_messages_apart(template: str) -> None:
    assert len(group_failures([template.format(name) for name in ("kestrel", "osprey_7", "merlin-x")])) == 1


def test_messages_with_causes_of_two_kinds_are_never_one_group() -> None:
    messages = [f"HTTPError('{status} Client Error: see x.example/{n}')" for n in range(3) for status in (429, 403)]
    found = group_failures(messages)
    assert [(group.cause.category, group.signature, group.count) for group in found] == [
        ("access_denied", "HTTPError('403 Client Error: see <id>')", 3),
        ("rate_limit", "HTTPError('429 Client Error: see <id>')", 3),
    ]


def test_a_name_that_hides_the_cause_does_not_split_a_group() -> None:
    names = ("registry.acme.io/app:1.4.2", "docker.example.org/team/worker:latest")
    found = group_failures([f'Failed to pull image "{name}": not found' for name in names])
    assert [(group.cause.category, group.count) for group in found] == [("missing_resource", 2)]


def test_a_cause_that_only_a_value_names_is_not_that_of_the_others() -> None:
    found = group_failures([f"Worker 7 stopped, last={last}" for last in ("429_too_many_requests", "pool_7", "pool_8")])
    assert [(group.cause.category, group.count) for group in found] == [("unknown", 2), ("rate_limit", 1)]


def test_the_name_of_an_exception_stays_readable() -> None:
    error = (
        "urllib3.exceptions.NewConnectionError: <urllib3.connection.HTTPConnection object at 0x7f1>: "
        "Failed to establish a new connection"
    )
    (group,) = group_failures([error, error.replace("0x7f1", "0x8a2")])
    assert group.signature == error.replace("0x7f1", "<id>")


# Any text ------------------------------------------------------------------------------------------------------------

_words = st.sampled_from(
    'failed to open close file \'a\' "b" 7 404 x=1 {"code": [1, / // http://a.b/c Error: at Traceback \n \t 文件 é name_x 10.0.0.1'.split(  # noqa: E501 - as it reads best
        " "
    )
)
_texts = st.text(max_size=60) | st.lists(_words, max_size=12).map(" ".join) | st.sampled_from(MESSAGES)
_many = st.lists(_texts, max_size=25)


@given(_many)
def test_each_message_is_in_exactly_one_group(messages: list[str]) -> None:
    groups = group_failures(messages)
    assert sorted(i for group in groups for i in group.members) == list(range(len(messages)))
    assert [group.count for group in groups] == [len(group.members) for group in groups]
    assert all(group.members == sorted(group.members) for group in groups)


@given(_many)
def test_a_signature_is_short_and_never_empty(messages: list[str]) -> None:
    assert all(0 < len(group.signature) <= grouping.SIGNATURE_CHARS for group in group_failures(messages))


@given(_many, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(messages: list[str], r: random.Random) -> None:
    shuffled = r.sample(messages, len(messages))
    assert grouped(messages) == grouped(shuffled)
    assert Counter(g.signature for g in group_failures(messages)) == Counter(
        g.signature for g in group_failures(shuffled)
    )


@dataclass
class Positions:
    kept: list[int] = field(default_factory=list[int])

    def add(self, item: int) -> None:
        self.kept.append(item)

    def merged(self, others: Iterable[Self]) -> Self:
        return type(self)([*self.kept, *(i for other in others for i in other.kept)])


@given(_many, _many)
def test_requesting_the_groups_midway_changes_nothing(first: list[str], then: list[str]) -> None:
    table = FailureGroups[int, Positions](Positions)
    for i, message in enumerate([*first, *then]):
        if i == len(first):
            list(table.groups())
        table.add(message, i)
    found = sorted((signature, sorted(tally.kept)) for signature, _, tally, _ in table.groups())
    assert found == sorted((group.signature, group.members) for group in group_failures([*first, *then]))


def test_messages_of_more_templates_than_are_kept_are_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_TEMPLATES", 50)
    r = random.Random(3)  # noqa: S311 - it must be the same each time
    words = "open close read write send parse load save lock find drop move copy join start stop".split()
    messages = [" ".join(r.choices(words, k=5)) for _ in range(400)]
    groups = group_failures(messages)
    assert sum(group.count for group in groups) == 400
    assert len(groups) <= 51
    assert any("too many ways" in group.signature for group in groups)


_AWKWARD = (
    *"a A 0 é 文 ' \" ` / \\ : = - _ . , ( [ { < > & # ~ \0 \u200b \ud800 😀".split(" "),
    *("\n", "\t", " ", "a.", "a,", "a, ", "0:", "/a", "='", "':", "\n  at a", '{"a":', "a=b ", "<p>"),
)


@pytest.mark.slow
@pytest.mark.parametrize("character", _AWKWARD, ids=range(len(_AWKWARD)))
@pytest.mark.parametrize("opening", ["", "Error: ", "Traceback (most recent call last):\n", "x\n  at "], ids=range(4))
def test_a_hundred_kilobytes_of_anything_are_read(character: str, opening: str) -> None:
    """A pattern that backtracks would practically never end on such a text."""
    message = opening + character * (100_000 // len(character))
    (group,) = group_failures([message])
    assert 0 < len(group.signature) <= grouping.SIGNATURE_CHARS


@given(st.text(alphabet="ab 1/", min_size=1, max_size=200))
@settings(max_examples=20)
def test_only_the_ends_of_a_long_message_are_read(middle: str) -> None:
    ends = "failed to open " * (MAX_CHARS // 10)
    assert len(group_failures([f"{ends}{middle}{ends}", f"{ends}{middle[::-1]}{ends}"])) == 1


@pytest.mark.parametrize("after", [0, 1, 2_000])
def test_groups_stay_separate_when_comparing_runs_out_of_time(after: int) -> None:
    checks = iter([False] * after)

    def check() -> None:
        if next(checks, True):
            raise OutOfTime

    table = FailureGroups[int, Positions](Positions, check)
    messages = [f"Could not open the file {name} of the tenant {name}" for name in "kestrel osprey merlin".split()] * 9
    for position, message in enumerate(messages):
        table.add(message, position)
    compared = {signature: sorted(members.kept) for signature, _, members, _ in table.groups()}
    assert sorted(position for members in compared.values() for position in members) == list(range(len(messages)))
    assert (len(compared), table.all_compared) == ((1, True) if after == 2_000 else (3, False))


@pytest.mark.parametrize("items", [3, 21, 200])
@pytest.mark.parametrize("end", [".", "]", " and more.", ", or others"])
def test_a_list_of_any_length_is_one_wildcard(items: int, end: str) -> None:
    one, other = (", ".join(f"{name}{n}x" for n in range(items)) for name in ("a", "b"))
    assert len(grouped([f"Missing fields: {one}{end}", f"Missing fields: {other}{end}"])) == 1
