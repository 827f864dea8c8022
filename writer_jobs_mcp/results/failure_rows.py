"""Show groups of failures, as detailed as their number allows."""

from collections.abc import Sequence
from typing import NamedTuple

from writer_jobs_mcp.client.ids import display_id
from writer_jobs_mcp.results.base import ResultModel
from writer_jobs_mcp.results.failure_groups import FailureGroupRow, OmittedFailures, PlaceholderRow
from writer_jobs_mcp.results.formatting import rounded_share
from writer_jobs_mcp.sanitize.truncate import truncate
from writer_jobs_mcp.triage.failed_groups import FailedGroup
from writer_jobs_mcp.triage.shown_groups import ShownGroups
from writer_jobs_mcp.triage.timestamps import format_timestamp

_MAX_PLACEHOLDER = 60


class _Detail(NamedTuple):
    """How much of each group is shown."""

    signature: int  # characters
    value: int  # characters
    places: int  # placeholders whose values are shown
    values: int  # of each placeholder


# From the most to the least. A group that names two of three missing resources leads to half a repair, so the values
# are shortened after the signatures.
_DETAILS = (
    _Detail(160, 80, 2, 3),
    _Detail(160, 48, 1, 3),
    _Detail(140, 40, 1, 3),
    _Detail(120, 40, 1, 3),
    _Detail(100, 40, 1, 3),
    _Detail(100, 40, 1, 2),
    _Detail(80, 24, 1, 1),
)


_TWO_IDS_UP_TO = 6  # groups; of more, each shows one id
_FEW_GROUPS_JSON, _GROUP_JSON = 3_200, 400
"""Characters of JSON: if all groups together have fewer, none is shortened; and the average for a group."""

SHORTEST_SIGNATURE = _DETAILS[-1].signature
"""Characters of a signature that is shown in any case."""


def failure_rows(groups: Sequence[FailedGroup], failed: int, *, level: int = 0) -> list[FailureGroupRow]:
    """Show groups of so many failed jobs: the more groups and the higher the level, the shorter each one."""
    rows, ids = list[FailureGroupRow](), 2 if len(groups) <= _TWO_IDS_UP_TO and not level else 1
    for detail in _DETAILS[level:]:
        rows = [_group(group, failed, detail, ids=ids) for group in groups]
        if sum(map(json_length, rows)) < max(_FEW_GROUPS_JSON, _GROUP_JSON * len(rows)):
            break
    return rows


def omitted_failures(groups: ShownGroups) -> OmittedFailures | None:
    """Count the groups that are not shown; None without any."""
    if not groups.omitted:
        return None
    return OmittedFailures(
        groups=len(groups.omitted),
        jobs=sum(group.count for group in groups.omitted),
        new=sum(group.trend == "new" for group in groups.omitted),
    )


def json_length(result: ResultModel) -> int:
    """Return how many characters of JSON a result takes."""
    return len(result.model_dump_json(exclude_none=True))


def _group(group: FailedGroup, failed: int, detail: _Detail, *, ids: int) -> FailureGroupRow:
    values = [
        PlaceholderRow(
            placeholder=truncate(each.placeholder, _MAX_PLACEHOLDER),
            distinct=each.distinct,
            top=[[truncate(value, detail.value), jobs] for value, jobs in each.top[: detail.values]],
        )
        for each in group.values[: detail.places]
    ]
    return FailureGroupRow(
        signature=truncate(group.signature, detail.signature),
        category=group.cause.category,
        retry=group.cause.retry,
        count=group.count,
        share=rounded_share(group.count, failed),
        first_seen=format_timestamp(group.first_seen),
        last_seen=format_timestamp(group.last_seen),
        before=group.before,
        trend=group.trend,
        seen_before=group.seen_before and format_timestamp(group.seen_before),
        values=values or None,
        job_ids=[display_id(each) for each in group.newest_ids[:ids]],
    )
