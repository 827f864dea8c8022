"""Pages of a list of jobs, written as a string: a letter for each row."""

from datetime import UTC, datetime, timedelta

from writer_jobs_mcp.client.models import JobPage

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def page(letters: str, *, total: int | None = None, limit: int | None = None) -> JobPage:
    """Return a page with a job for each letter; ``?`` is an unreadable row. Each letter has its own time."""
    rows = [
        {"id": letter, "status": "completed", "application_id": "a", "created_at": _created_at(letter)}
        if letter != "?"
        else {"id": None}
        for letter in letters
    ]
    return JobPage.model_validate({"result": rows, "totalCount": total, "pagination": {"limit": limit}})


def _created_at(letter: str) -> str:
    return (NOON - timedelta(minutes=ord(letter))).isoformat()
