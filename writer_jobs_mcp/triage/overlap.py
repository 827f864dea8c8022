"""Decide whether two pages of a changing list join, so that no row between them can be missing.

Pages overlap by one row: each begins with the last row of the page before. The list keeps its order while jobs arrive
(at the front) and leave (anywhere), so two pages with a row in common leave no gap:

    page 1                  A B C D
    page 2, unchanged             D E F G    joins: D is in both
    page 2, one arrived         C D E F      joins: C and D are in both
    page 2, D left                E F G H    no common row: was anything between C and E missed?
    page between              B C E F        joins both: nothing was missed
    page 2, many left                  H I   no page joins both: go back until one joins page 1
"""

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from writer_jobs_mcp.client.models import JobPage


class PageEnd(NamedTuple):
    """The last page that was read: where it ends, and which rows are in it."""

    next_offset: int
    row_keys: frozenset[str]
    last_row_key: str | None

    @classmethod
    def of(cls, page: "JobPage", offset: int) -> Self:
        """Note the end of a page that begins at ``offset``."""
        return cls(offset + len(page.rows), row_keys(page), page.rows[-1].row_key if page.rows else None)

    def is_repeated_by(self, page: "JobPage") -> bool:
        """Return whether ``page`` has the same rows again."""
        keys = row_keys(page)
        return bool(keys) and keys == self.row_keys

    def joins(self, page: "JobPage") -> bool:
        """Return whether no row can be missing between this page and ``page``."""
        keys, ids = row_keys(page), {job.id for job in page.jobs}
        if not keys or not self.row_keys:
            return True
        # Unreadable rows may look alike and be different: they prove a join only if each is where it should be.
        return bool(
            ids & self.row_keys or page.rows[0].row_key == self.last_row_key or (not ids and keys & self.row_keys)
        )

    def joins_through(self, between: "JobPage", page: "JobPage") -> bool:
        """Return whether ``between`` has rows of both this page and ``page``."""
        keys = row_keys(between)
        return bool(keys & self.row_keys and keys & row_keys(page))


def row_keys(page: "JobPage") -> frozenset[str]:
    """Return what tells the rows of a page from others."""
    return frozenset(row.row_key for row in page.rows)
