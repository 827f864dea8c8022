"""Time set aside: whoever has a deadline keeps a share of what is left, to say what came of the rest."""

from math import isfinite

import anyio
import anyio.lowlevel


async def all_but(share: float) -> anyio.CancelScope:
    """A scope that ends before its surroundings do, by a share of the time that is left to them, if that has an end."""
    await anyio.lowlevel.checkpoint_if_cancelled()  # then there is no time left to divide
    deadline = anyio.current_effective_deadline()
    reserve = share * (deadline - anyio.current_time()) if isfinite(deadline) else 0
    return anyio.CancelScope(deadline=deadline - reserve)
