"""The categories of causes: whether a retry can help, and what to do next."""

from typing import Literal

Category = Literal[
    "rate_limit",
    "timeout",
    "invalid_input",
    "input_too_long",
    "missing_resource",
    "access_denied",
    "blocked_content",
    "upstream_failure",
    "internal_error",
    "unknown",
]
"""Why a job failed."""

Retry = Literal["worth_it", "after_a_fix", "unknown"]
"""Whether the same job may succeed when it is run again."""

_ADVICE: dict[Category, dict[Retry, str]] = {
    "rate_limit": {
        "worth_it": "Wait a little, then retry with fewer jobs at once; ask for a higher limit if it keeps happening.",
        "after_a_fix": "Top up the balance or raise the quota of the account behind the model, then run it again.",
    },
    "timeout": {"worth_it": "Retry; if it happens again, give the job less to do or more time."},
    "invalid_input": {
        "after_a_fix": "Correct what the evidence names in the job's inputs or settings, then run it again."
    },
    "input_too_long": {
        "after_a_fix": "Shorten or split the input, or choose a model that takes more, then run it again."
    },
    "missing_resource": {"after_a_fix": "Restore what is missing or correct the reference to it, then run it again."},
    "access_denied": {
        "after_a_fix": "Ask an administrator to check the key, its permissions and its expiry, then run it again."
    },
    "blocked_content": {
        "after_a_fix": "Reword the input, or ask the owner of the guardrail to review it, then run it again."
    },
    "upstream_failure": {
        "worth_it": "Retry in a few minutes; if it persists, check the status of the service it depends on.",
        "after_a_fix": "Correct the certificate or its chain of trust, then run it again.",
        "unknown": "Ask the operator of the service it depends on before running it again.",
    },
    "internal_error": {
        # a bug fails again, a temporary fault does not, and both read alike
        "unknown": "Report the job's id to the application's owner; one retry shows whether it was temporary.",
        "worth_it": "Retry once; report the job's id to the application's owner if it fails again.",
    },
    "unknown": {"unknown": "Read the whole error; it names no cause that this server knows."},
}
"""What to do next, for each chance of a retry; the first is the one of most jobs in the category."""

DEFAULT_RETRY: dict[Category, Retry] = {category: next(iter(advice)) for category, advice in _ADVICE.items()}
ADVICE = {(category, retry): text for category, advice in _ADVICE.items() for retry, text in advice.items()}
"""What to do next: one sentence for each category and chance of a retry."""
