"""What error messages say: the cause each one names."""

from .categories import Category, Retry
from .causes import Cause, classify

__all__ = ["Category", "Cause", "Retry", "classify"]
