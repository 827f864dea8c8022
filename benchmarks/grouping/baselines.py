"""The baselines: careful masking alone, and Drain with that masking."""

import re
from collections.abc import Hashable, Sequence

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

_MASKS = (
    r"[a-z]+://[^\s\"'<>]+",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?",
    r"(?<!\w)(?:/[\w.@+-]+)+/?",
    r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b",
    r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b",
    r"'[^'\n]*'|\"[^\"\n]*\"",
    r"(?<![A-Za-z])[-+]?\d+(?:\.\d+)?",
)
_MASK = re.compile("|".join(_MASKS))


def by_masking(messages: Sequence[str]) -> list[Hashable]:
    """Group messages that are equal once ids, numbers, paths, addresses and quotations are masked."""
    return [_MASK.sub("<*>", message) for message in messages]


def by_drain(messages: Sequence[str]) -> list[Hashable]:
    """Group messages by drain3's Drain, with its defaults, after the same masking."""
    config = TemplateMinerConfig()
    config.masking_instructions = [MaskingInstruction(mask, "*") for mask in _MASKS]
    miner = TemplateMiner(config=config)
    return [miner.add_log_message(message.replace("\n", " "))["cluster_id"] for message in messages]
