"""An application's jobs for the benchmarks: nine kinds of error, long outputs, rendered on demand.

A given share of failed jobs also fixes their times: a million jobs are created every two seconds, in whole seconds, so
that the last 24 hours have 43,200 jobs, and fewer jobs are spread over the same 23 days.
"""

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import blake2b
from math import ceil, floor
from random import Random
from uuid import UUID

APPLICATION_ID = "3f0b6c1e-9d24-4a57-8c83-5be0d7a41f92"

SPAN_OF_FIXED_SHARE = timedelta(seconds=2_000_000)  # 23 days, if the share of failed jobs is given
MAX_CACHED_JOBS = 100_000

_SPAN = timedelta(weeks=2)
_RUN_SECONDS = 30  # the jobs created in the last half a minute are running; two more are stuck
_STUCK_POSITIONS = (40, 90)
_FAILURE_SHARE = 0.233
_NEW_ERROR_WINDOW = 0.06  # the latest share of the time, in which the ninth error occurs
_OUTPUT_COUNT = 64  # distinct outputs, shared by the completed jobs
_WORDS = """
a account after against all also an and any are as at back balance based be because been before between board
both brand brief but by campaign can care case change channel choice clear close colour come common content
copy cost could cover customer daily data day deal demand design detail different do draft each early edition
either end energy even every example family fast feature few field final find first for form from full further
gain general give good great group grow guide half hand have health help here high home how idea if important
in increase into is it its just keep key kind large last launch lead less level life light like line list
little local long look made main make many market material may mean measure message model more most move much
need network never new next no note now number of offer often on one only open option or order other our out
over own part people per place plan point possible practice price process product program promise public
quality question rate reach read ready real reason release report result right room run safe sale same save
say season section service set share short should show side simple since size small so some source space stand
start state step still stock store story strong study style such support system take team test text than that
the their them then there these they thing this those through time to together top total trade travel true
turn two type under until up use value very view want water way we week well were what when where which while
who why wide will with within without word work world would write year yet you your
""".split()


def _rate_limit(rng: Random) -> str:
    used = rng.randrange(20_000, 25_000)
    return (
        f"Rate limit reached for model `palmyra-x5` in organization 48214 on tokens per minute (TPM): Limit 25000, "
        f"Used {used}, Requested 6000. Please try again in {rng.randrange(10, 99) / 10}s."
    )


def _timeout(rng: Random) -> str:
    return f"The job did not finish within {rng.choice((300, 600))} seconds (step {rng.randrange(2, 9)} of 9)."


def _context_length(rng: Random) -> str:
    return (
        "This model's maximum context length is 128000 tokens, however your messages resulted in "
        f"{rng.randrange(128_001, 290_000)} tokens. Reduce the length of the input."
    )


def _missing_graph(rng: Random) -> str:
    return f"Knowledge Graph {UUID(int=rng.getrandbits(128), version=4)} was not found. It may have been deleted."


def _invalid(rng: Random) -> str:
    return f"Input 'Product {rng.choice(('name', 'facts', 'tone', 'audience'))}' is required and was empty."


def _blocked(rng: Random) -> str:
    return (
        '{"tpe":"fail.guardrail","errors":[{"description":"The output was blocked by guardrail '
        f'{rng.randrange(100, 999)}","key":"fail.guardrail.blocked","extras":{{}}}}],"extras":{{}}}}'
    )


def _upstream(rng: Random) -> str:
    host = f"retrieval-{rng.randrange(1, 9)}.internal.example"
    return f"502 Bad Gateway from https://{host}/v1/query (cf-ray {rng.getrandbits(48):012x})"


def _bug(rng: Random) -> str:
    line = rng.randrange(40, 400)
    return (
        "Traceback (most recent call last):\n"
        f'  File "/srv/app/steps/render.py", line {line}, in render\n    return template[field]\n'
        f"KeyError: 'section_{rng.randrange(1, 40)}'"
    )


def _forbidden(rng: Random) -> str:
    return f"403 Forbidden: service account {rng.randrange(10**9)} may not read folder {rng.getrandbits(64):016x}"


_ORDINARY_ERRORS = (_rate_limit, _timeout, _context_length, _missing_graph, _invalid, _blocked, _upstream, _bug)


@dataclass
class Jobs:
    """An application's jobs, newest first; each is the same at every request."""

    count: int
    output_chars: int
    now: datetime
    failed_percent: int | None = None
    """Exactly so many of each hundred jobs have failed, except for the running ones; None for a random 23.3 %."""

    def restart(self, now: datetime) -> None:
        """Move all jobs in time, so that the newest was created just before ``now``."""
        self.now = now
        self._rendered.cache_clear()

    def status(self, position: int) -> str:
        """Return the status of the job at ``position``."""
        if position < self._running_count or position in self._stuck_positions:
            return "in_progress"
        if self.failed_percent is None:
            return "failed" if self._rng(position).random() < _FAILURE_SHARE else "completed"
        hundred, rest = divmod(position, 100)
        shift = (hundred * 2_654_435_761 & 0xFFFF_FFFF) >> 16  # a multiplicative hash: other places in each hundred
        is_failed = (rest * self.failed_percent + shift) % 100 < self.failed_percent
        return "failed" if is_failed else "completed"

    def created(self, position: int) -> datetime:
        """Return when the job at ``position`` was created; in whole seconds if the share of failed jobs is given."""
        rng = self._rng(position)
        rng.random()  # the number that decides the status
        return self._created(position, rng)

    @cached_property
    def positions(self) -> "dict[str, array[int]]":
        """The positions of the jobs of each status."""
        found = {status: array("I") for status in ("in_progress", "failed", "completed")}
        for position in range(self.count):
            found[self.status(position)].append(position)
        return found

    def id(self, position: int) -> str:
        """Return the id of the job at ``position``."""
        return str(UUID(bytes=blake2b(b"id %d" % position, digest_size=16).digest(), version=4))

    def job(self, position: int) -> bytes:
        """Return the job at ``position`` as JSON."""
        return b"".join(self._rendered(position))

    def prepare(self) -> None:
        """Find the jobs of each status, and render every job if they fit into the cache."""
        assert self.positions
        if self.count <= MAX_CACHED_JOBS:
            for position in range(self.count):
                self._rendered(position)

    @cached_property
    def _rendered(self) -> "Callable[[int], tuple[bytes, ...]]":
        """Renders a job's parts; jobs share their outputs, so that a hundred thousand fit into memory."""
        return lru_cache(MAX_CACHED_JOBS)(self._render)

    def _render(self, position: int) -> tuple[bytes, ...]:
        rng = self._rng(position)
        status = self.status(position)
        rng.random()  # the number that decides the status
        created = self._created(position, rng)
        job = (
            f'{{"id": "{self.id(position)}", "status": "{status}", "application_id": "{APPLICATION_ID}", '
            f'"created_at": "{_timestamp(created)}"'
        )
        if status == "in_progress":
            return (f"{job}}}".encode(),)
        ended = _timestamp(min(created + timedelta(seconds=rng.lognormvariate(3, 0.6)), self.now))
        job += f', "updated_at": "{ended}", "completed_at": "{ended}"'
        if status == "failed":
            is_new = position < _NEW_ERROR_WINDOW * self.count and rng.random() < 0.5
            error = (_forbidden if is_new else rng.choice(_ORDINARY_ERRORS))(rng)
            return (f'{job}, "error": {json.dumps(error)}}}'.encode(),)
        output = self._outputs[rng.randrange(_OUTPUT_COUNT)]
        return f'{job}, "data": {{"title": "Description", "suggestion": '.encode(), output, b"}}"

    def _created(self, position: int, rng: Random) -> datetime:
        seconds = (position + rng.random()) * self._interval
        return self.now - timedelta(seconds=seconds if self.failed_percent is None else floor(seconds))

    @cached_property
    def _interval(self) -> float:
        """Seconds between two jobs."""
        span = _SPAN if self.failed_percent is None else SPAN_OF_FIXED_SHARE
        return span.total_seconds() / self.count

    @cached_property
    def _running_count(self) -> int:
        return ceil(_RUN_SECONDS / self._interval)

    @cached_property
    def _stuck_positions(self) -> tuple[int, int]:
        # With a given share: for one hour, and for eleven.
        return _STUCK_POSITIONS if self.failed_percent is None else (self.count // 500, self.count // 50)

    @cached_property
    def _outputs(self) -> list[bytes]:
        rng = _seeded_random("outputs")
        return [
            json.dumps(_random_text(rng, self.output_chars), ensure_ascii=False).encode() for _ in range(_OUTPUT_COUNT)
        ]

    @staticmethod
    def _rng(position: int) -> Random:
        return _seeded_random(f"job {position}")


def _seeded_random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - repeatable test data


def _timestamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _random_text(rng: Random, length: int) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < length:
        words = [rng.choice(_WORDS) for _ in range(rng.randrange(5, 18))]
        sentences.append(" ".join(words).capitalize() + ("\n\n" if rng.random() < 0.1 else "."))
    return " ".join(sentences)[:length]
