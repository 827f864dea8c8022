"""How many requests are sent at a time after a 429."""

import anyio
import pytest

from writer_jobs_mcp.client.pace import Pace


async def test_a_429_halves_the_requests_at_a_time_and_successes_bring_them_back() -> None:
    pace = Pace(8)
    pace.note_rate_limited(None)
    assert pace.slots.total_tokens == 4
    for _ in range(10):
        pace.note_rate_limited(None)
    assert pace.slots.total_tokens == 2
    for _ in range(60):
        pace.note_success()
    assert pace.slots.total_tokens == 8
    for _ in range(60):
        pace.note_success()
    assert pace.slots.total_tokens == 8


async def test_successes_count_only_since_the_last_429() -> None:
    pace = Pace(4)
    for _ in range(10):
        pace.note_rate_limited(None)
        for _ in range(9):
            pace.note_success()
    assert pace.slots.total_tokens == 2


async def test_one_request_at_a_time_stays_one() -> None:
    pace = Pace(1)
    pace.note_rate_limited(None)
    assert pace.slots.total_tokens == 1


@pytest.mark.parametrize(("asked", "waited"), [(0.05, True), (None, False), (3_600, False)])
async def test_all_requests_wait_if_writer_asks_for_a_short_while(asked: float | None, waited: bool) -> None:
    pace = Pace(8)
    pace.note_rate_limited(asked)
    with anyio.move_on_after(0.01) as scope:
        await pace.wait()
    assert scope.cancelled_caught is waited
    await pace.wait()
