"""What it takes to iterate over an application's jobs with the vendor's ``writer-sdk``, measured or calculated."""

from math import ceil

from writerai import Writer

from benchmarks.api import BURST
from benchmarks.jobs import APPLICATION_ID
from benchmarks.measured_servers import KEY
from benchmarks.triage_run import PAGE_SIZE, Cost


def count_with_sdk(url: str) -> int:
    """Iterate over the jobs, and return how many there were."""
    return sum(1 for _ in Writer(api_key=KEY, base_url=url).applications.jobs.list(APPLICATION_ID, limit=PAGE_SIZE))


def calculate_cost(jobs: int, seconds_per_page: float, per_minute: int = 0) -> Cost:
    """Calculate what it takes to iterate over so many jobs: the SDK requests one page after the other."""
    pages = ceil(jobs / PAGE_SIZE)
    pace = per_minute / 60
    seconds = max(pages * seconds_per_page, (pages - BURST) / pace if pace else 0)
    return Cost(seconds, pages, is_calculated=True)
