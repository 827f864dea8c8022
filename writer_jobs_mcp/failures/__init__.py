"""Group error messages that say the same, and classify what caused them; they may be of any program.

Each part is imported when it is first used, so that start-up does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writer_jobs_mcp.failures.classify.categories import Category, Retry
    from writer_jobs_mcp.failures.classify.classifier import Cause, classify_error
    from writer_jobs_mcp.failures.classify.kinds import UNKNOWN, CauseKind
    from writer_jobs_mcp.failures.grouping.groups import (
        FailureGroup,
        FailureGroups,
        FoundGroup,
        OutOfTime,
        group_failures,
    )
    from writer_jobs_mcp.failures.grouping.values import PlaceholderValues

__all__ = [
    "UNKNOWN",
    "Category",
    "Cause",
    "CauseKind",
    "FailureGroup",
    "FailureGroups",
    "FoundGroup",
    "OutOfTime",
    "PlaceholderValues",
    "Retry",
    "classify_error",
    "group_failures",
]

_MODULES = {
    "Category": "classify.categories",
    "Retry": "classify.categories",
    "Cause": "classify.classifier",
    "CauseKind": "classify.kinds",
    "UNKNOWN": "classify.kinds",
    "classify_error": "classify.classifier",
    "PlaceholderValues": "grouping.values",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'grouping.groups')}"), name)
