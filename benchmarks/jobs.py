"""Two weeks of jobs for the benchmarks: nine kinds of error, long outputs, generated on demand."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from uuid import UUID

APPLICATION_ID = "3f0b6c1e-9d24-4a57-8c83-5be0d7a41f92"

_WINDOW = timedelta(weeks=2)
_RUNNING_COUNT = 1  # of the newest; two more are stuck
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


@dataclass(frozen=True)
class Jobs:
    """An application's jobs, newest first; each is the same at every request."""

    count: int
    output_chars: int
    now: datetime

    def status(self, position: int) -> str:
        """Return the status of the job at ``position``."""
        if position < _RUNNING_COUNT or position in _STUCK_POSITIONS:
            return "in_progress"
        return "failed" if self._rng(position).random() < _FAILURE_SHARE else "completed"

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """The positions of the jobs of each status."""
        found: dict[str, list[int]] = {"in_progress": [], "failed": [], "completed": []}
        for position in range(self.count):
            found[self.status(position)].append(position)
        return found

    def id(self, position: int) -> str:
        """Return the id of the job at ``position``."""
        return str(UUID(int=_seeded_random(f"id {position}").getrandbits(128), version=4))

    def job(self, position: int) -> bytes:
        """Return the job at ``position`` as JSON."""
        if position not in self._rendered:
            self._rendered[position] = self._render(position)
        return b"".join(self._rendered[position])

    def prepare(self) -> None:
        """Render every job before the first request."""
        for position in range(self.count):
            self.job(position)

    @cached_property
    def _rendered(self) -> dict[int, tuple[bytes, ...]]:
        """Each job's parts; jobs share their outputs, so that a hundred thousand fit into memory."""
        return {}

    def _render(self, position: int) -> tuple[bytes, ...]:
        rng = self._rng(position)
        status = self.status(position)
        rng.random()  # the number that decided the status
        created = self.now - (position + rng.random()) * _WINDOW / self.count
        job = {
            "id": self.id(position),
            "status": status,
            "application_id": APPLICATION_ID,
            "created_at": _timestamp(created),
        }
        if status == "in_progress":
            return (json.dumps(job).encode(),)
        ended = _timestamp(created + timedelta(seconds=rng.lognormvariate(3, 0.6)))
        job |= {"updated_at": ended, "completed_at": ended}
        if status == "failed":
            is_new = position < _NEW_ERROR_WINDOW * self.count and rng.random() < 0.5
            error = (_forbidden if is_new else rng.choice(_ORDINARY_ERRORS))(rng)
            return (json.dumps({**job, "error": error}).encode(),)
        output = self._outputs[rng.randrange(_OUTPUT_COUNT)]
        return json.dumps(job).encode()[:-1], b', "data": {"title": "Description", "suggestion": ', output, b"}}"

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
