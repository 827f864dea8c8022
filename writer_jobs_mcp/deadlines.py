"""Every reserve of time that is kept from the call budget (``Config.call_budget``).

One call, with the reserves that nest in it (shares are of the time that is left when the reserve begins)::

    |<--------------------------------- call budget ---------------------------------->|
    | scan reads pages ........................................|<- SCAN_RESERVE ------->| report on the jobs read
    | triage reads the failed jobs of a long window .....|<- COUNT_RESERVE ------------>| count the others
    | retry_jobs reads states for its question ......|<- QUESTION_RESERVE ------------->| ask, then retry
    |   reads application names for it ....|<- NAMES_RESERVE -------------------------->|
    | retry_jobs sends retries ................................|<- RETRY_RESERVE ------>| report the outcomes
    |   reads the states of a selection again ...|<- REREAD_RESERVE -->| send
    | wait_for_job reads a sample of durations ......|<- SAMPLE_RESERVE --------------->| wait
    | wait_for_job waits .......................................|<- WAIT_RESERVE ------>| make the result
    | wait_for_jobs looks for the first time ..|<- FIRST_LOOK_RESERVE ----------------->| wait
    | wait_for_jobs waits .................................|<- OUTCOME_RESERVE -------->| read how jobs ended
    | triage_all looks for new groups (FIND_NEW_SHARE of the rest) |..................| read earlier failures
    | triage compares groups (COMPARE_SHARE of the rest) |.............................| render the report
    | a request makes attempts .................................|<- REQUEST_RESERVE --->| say what Writer did
    |   the last attempt starts before ........|<- MIN_ATTEMPT --->|

After the last call::

    stdin ends |<- SHUTDOWN_GRACE ->| last responses |<- SPAN_FLUSH ->| last spans |<- LOG_DRAIN ->| last log lines
"""

from math import isfinite

import anyio
import anyio.lowlevel

# Shares of the time left.
SCAN_RESERVE, MIN_SCAN_RESERVE = 0.1, 1.0  # the latter in seconds
COUNT_RESERVE = 0.3
QUESTION_RESERVE, NAMES_RESERVE = 0.5, 0.75
RETRY_RESERVE, REREAD_RESERVE = 0.1, 0.5
SAMPLE_RESERVE = 0.5
FIRST_LOOK_RESERVE = 0.25
OUTCOME_RESERVE, MIN_OUTCOME_RESERVE = 0.1, 1.0  # the latter in seconds
COMPARE_SHARE = 0.7
FIND_NEW_SHARE = 0.3

# Seconds.
WAIT_RESERVE = 0.5
LAST_LOOK = 3.0  # that a look may take which begins when the time to wait is over
REQUEST_RESERVE = 0.1
MIN_ATTEMPT = 0.2
STATUS_TIMEOUT = 5.0  # for a request that only makes an error clearer
COMPLETION_TIMEOUT = 10.0  # for a completion, which has no call budget: no user waits longer for one
SHUTDOWN_GRACE = 0.4  # clients kill a server that has not ended two seconds after they closed its stdin
SPAN_FLUSH, MAX_SPAN_FLUSH = 1.0, 60.0  # the latter if OTEL_BSP_EXPORT_TIMEOUT asks for more
LOG_DRAIN = 0.3


async def scope_with_reserve(share: float, at_least: float = 0) -> anyio.CancelScope:
    """Return a scope that ends before the surrounding deadline, by a share of the time left until then.

    The reserve is at least ``at_least`` seconds, but then no more than half of the time left.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()  # then there is no time left to divide
    left = seconds_left()
    reserve = max(share * left, min(at_least, left / 2)) if isfinite(left) else 0
    return anyio.CancelScope(deadline=anyio.current_effective_deadline() - reserve)


def seconds_left() -> float:
    """Return the time until the surrounding deadline; infinity if there is none. Not for use in a worker thread."""
    return anyio.current_effective_deadline() - anyio.current_time()
