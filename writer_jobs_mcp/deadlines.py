"""Time set aside: whoever has a deadline keeps a share of what is left, to say what came of the rest."""

from math import isfinite

import anyio
import anyio.lowlevel


async def scope_with_reserve(share: float, at_least: float = 0) -> anyio.CancelScope:
    """A scope that ends before its surroundings do, by a share of the time that is left to them, if that has an end.

    The reserve is ``at_least`` so many seconds, as long as that is no more than half of the time.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()  # then there is no time left to divide
    deadline = anyio.current_effective_deadline()
    left = deadline - anyio.current_time()
    reserve = max(share * left, min(at_least, left / 2)) if isfinite(deadline) else 0
    return anyio.CancelScope(deadline=deadline - reserve)
