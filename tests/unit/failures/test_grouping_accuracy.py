"""A floor under the share of messages whose group is exactly the true one."""

import random
from collections import Counter
from collections.abc import Callable

from writer_jobs_mcp.failures import group_failures

_HOLES: dict[str, Callable[[random.Random], str]] = {
    "n": lambda r: str(r.randrange(10 ** r.randrange(1, 7))),
    "f": lambda r: f"{r.random() * 100:.3f}",
    "id": lambda r: f"{r.getrandbits(64):016x}",
    "name": lambda r: r.choice("billing kafka-3 OrderService alice bob quarry_7 tokyo lynx.falcon".split()),
    "path": lambda r: f"/{r.choice(('var', 'srv', 'home'))}/{r.choice(('otter', 'heron'))}/{r.randrange(99)}.csv",
    "host": lambda r: r.choice(("10.0.0.7", "db.acme.io", "localhost")) + f":{r.randrange(1024, 9999)}",
    "list": lambda r: ", ".join(r.choices("email owner title tags body".split(), k=r.randrange(1, 5))),
}  # fmt: skip
_TEMPLATES = """\
Job {id} was started by {name} on {host}
Job {id} was stopped by {name} on {host}
Job {id} took {f} seconds, {n} rows written to {path}
Could not connect to {host}: connection refused
Could not connect to {host}: connection reset by peer
Could not connect to {host} after {n} attempts
Cannot read {path}: permission denied
Cannot read {path}: no such file
Cannot write {path}: permission denied
Queue {name} holds {n} messages, more than its limit of {n}
Queue {name} is empty
Worker {n} in pool {name} exited with code {n}
Worker {n} in pool {name} was killed
User '{name}' may not read document {id}
User '{name}' may not delete document {id}
Missing fields: {list}
Unknown fields: {list}
Retrying request {id} in {f}s
Giving up on request {id} after {f}s
Checksum of {path} is {id}, expected {id}
model={name} tokens={n} cost={f} status=completed
model={name} tokens={n} cost={f} status=truncated
Lease on {path} held by {name} expired
Lease on {path} held by {name} renewed
Node {name} joined the cluster at {host}
Node {name} left the cluster at {host}
Timeout while waiting for {name} to answer
Certificate of {host} has expired
Certificate of {host} is not trusted
Input {name} has {n} tokens; the limit is {n}""".split("\n")


def test_grouping_accuracy_stays_above_its_floor() -> None:
    r = random.Random(7)  # noqa: S311 - it must be the same each time
    weights = [1 / rank for rank in range(1, len(_TEMPLATES) + 1)]
    truth = r.choices(_TEMPLATES, weights, k=1_500)
    drawn = [template.format_map(_Draws(r)) for template in truth]
    of_truth = Counter(truth)
    right = sum(
        group.count
        for group in group_failures(drawn)
        if len({truth[i] for i in group.members}) == 1 and group.count == of_truth[truth[group.members[0]]]
    )
    assert right / len(drawn) >= 0.97


class _Draws(dict[str, str]):
    def __init__(self, r: random.Random) -> None:
        super().__init__()
        self._r = r

    def __missing__(self, hole: str) -> str:
        return _HOLES[hole](self._r)
