"""What credentials look like: tables of forms, from which the masking and its quick checks are derived."""

from writer_jobs_mcp.sanitize.secret_forms import cloud, commands, files, headers, keys, urls
from writer_jobs_mcp.sanitize.secret_forms.form import START, In, PrefixedForm, TextForm
from writer_jobs_mcp.sanitize.secret_forms.labels import FOREIGN_LABELS, LABEL_WORDS, LABELS, Kind, Label
from writer_jobs_mcp.sanitize.secret_forms.prefixes import ID_PREFIXES, LIKELY_WORDS, PREFIXED

TEXT_FORMS: tuple[TextForm, ...] = (
    *keys.FORMS,
    *cloud.FORMS,
    *headers.FORMS,
    *urls.FORMS,
    *files.FORMS,
    *commands.FORMS,
)

__all__ = [
    "FOREIGN_LABELS",
    "ID_PREFIXES",
    "LABELS",
    "LABEL_WORDS",
    "LIKELY_WORDS",
    "PREFIXED",
    "START",
    "TEXT_FORMS",
    "In",
    "Kind",
    "Label",
    "PrefixedForm",
    "TextForm",
]
