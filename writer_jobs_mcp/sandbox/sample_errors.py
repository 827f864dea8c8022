"""Sample errors of failed jobs: the words of real services, with parts that vary from job to job."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from string import Template

from writer_jobs_mcp.sandbox.seeded import TemplateValues, random_uuid


@dataclass(frozen=True, slots=True)
class SampleError:
    """One kind of error."""

    name: str  # for tests; never part of a response
    templates: tuple[str, ...]  # its texts, with `$variables`; empty for a failed job without an `error`
    weight: int  # its relative frequency among ordinary failures; 0 if it occurs only in an incident
    duration_range: tuple[float, float] = (2, 20)  # until a job fails with it, in seconds

    def render(self, rng: Random) -> str | None:
        """Return the error text of one failed job, or None if the API omits `error`."""
        if not self.templates:
            return None
        values = TemplateValues(lambda name: _VALUE_GENERATORS[name](rng))
        return Template(rng.choice(self.templates)).substitute(values)


RISING_ERROR = SampleError(
    "rate_limit",
    (
        "Rate limit reached for model `$model` in organization $org on tokens per minute (TPM): Limit 25000, "
        "Used $used, Requested $requested. Please try again in ${wait}s.",
        '{"tpe":"TooManyRequests","errors":[{"description":"Request quota exceeded for organization $org: 400 '
        'requests per minute","key":"fail.tooManyRequests.quotaExceeded","extras":{}}],"extras":{}}',
    ),
    weight=2,
    duration_range=(0.6, 4),
)
"""Occurs all week, and more and more often in the last two days."""

NEW_ERROR = SampleError(
    "missing_graph",
    (
        'Knowledge Graph $graph referenced by input "Brand guide" was not found. It may have been deleted or '
        "is no longer shared with this application.",
    ),
    weight=0,
    duration_range=(1, 5),
)
"""First seen in the last six hours."""

OUTAGE_ERROR = SampleError(
    "bad_gateway",
    (
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
        "</center>\r\n<hr><center>nginx/1.27.$digit</center>\r\n</body>\r\n</html>\r\n",
        "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: "
        "remote connection failure, transport failure reason: delayed connect error: 111",
        "503 Service Unavailable: no healthy upstream ($host, attempt $digit of 5)",
    ),
    weight=1,
    duration_range=(5, 40),
)
"""Occurred in a burst one day, and now and then since."""

ERROR_WITHOUT_TEXT = SampleError("silent", (), weight=2, duration_range=(1, 300))
"""A failed job without an `error`."""

SAMPLE_ERRORS: tuple[SampleError, ...] = (
    RISING_ERROR,
    NEW_ERROR,
    OUTAGE_ERROR,
    ERROR_WITHOUT_TEXT,
    SampleError(
        "model_timeout",
        (
            "Request to model $model timed out after ${ms}ms (request_id=req_$hex)",
            "504 Gateway Timeout: the model did not answer within $deadline seconds. Request ID: req_$hex",
        ),
        weight=5,
        duration_range=(120, 300),
    ),
    SampleError(
        "context_length",
        (
            "This model's maximum context length is 32768 tokens. However, your messages resulted in $tokens "
            "tokens ($used in the messages, 2048 in the completion). Please reduce the length of the messages.",
        ),
        weight=4,
    ),
    SampleError(
        "missing_input",
        (
            'Validation failed: required input "$field" is missing or empty.',
            "1 validation error for GenerateRequest\ninputs.$digit.value\n  List should have at least 1 item "
            "after validation, not 0 [type=too_short, input_value=[], input_type=list]",
        ),
        weight=4,
        duration_range=(0.3, 1.5),
    ),
    SampleError(
        "missing_input_de",
        ("Ungültige Eingabe: Das Pflichtfeld „$field“ darf nicht leer sein (Zeile $line der Importdatei).",),
        weight=2,
        duration_range=(0.3, 1.5),
    ),
    SampleError(
        "unsupported_file",
        ("Unsupported file type for input 'Product sheet': $image. Supported types: .pdf, .docx, .txt, .csv.",),
        weight=2,
    ),
    SampleError(
        "missing_file",
        (
            '{"tpe":"NotFound","errors":[{"description":"File with id $uuid ($file) is not found",'
            '"key":"fail.notFound.resource","extras":{}}],"extras":{}}',
            "404 Not Found: no file with id $uuid in organization $org",
        ),
        weight=4,
        duration_range=(0.5, 3),
    ),
    SampleError(
        "access_denied",
        (
            "403 Forbidden: user $user@example.com does not have permission to read $file",
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has '
            "expired</Message><X-Amz-Expires>900</X-Amz-Expires><RequestId>$upper</RequestId></Error>",
        ),
        weight=3,
        duration_range=(0.5, 3),
    ),
    SampleError(
        "guardrail",
        (
            '{"tpe":"Guardrail","errors":[{"description":"Content blocked by guardrail \\"$policy\\" with score '
            '0.$score","key":"fail.guardrail.blocked","extras":{}}],"extras":{}}',
            "The response was filtered due to the prompt triggering our content policy ($policy). Please modify "
            "your prompt and retry. Reference: $uuid",
        ),
        weight=4,
    ),
    SampleError(
        "traceback",
        (
            "Traceback (most recent call last):\n"
            '  File "/srv/app/workers/generate.py", line $line, in run\n'
            "    result = await pipeline.execute(job, inputs)\n"
            '  File "/srv/app/pipeline/steps.py", line 118, in execute\n'
            "    output = await step(output, context)\n"
            '  File "/srv/app/pipeline/postprocess.py", line 64, in __call__\n'
            "    blocks = self.parser.parse(completion.text)\n"
            '  File "/srv/app/pipeline/parser.py", line 203, in parse\n'
            '    return json.loads(raw)["sections"]\n'
            '  File "/usr/local/lib/python3.11/json/decoder.py", line 337, in decode\n'
            "    obj, end = self.raw_decode(s, idx=_w(s, 0).end())\n"
            "json.decoder.JSONDecodeError: Expecting ',' delimiter: line $digit column $line (char $used)",
        ),
        weight=3,
        duration_range=(15, 60),
    ),
    SampleError(
        "connection_reset",
        (
            "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            "read tcp 10.42.$octet.17:$port->172.20.8.$octet:8443: read: connection reset by peer",
        ),
        weight=2,
    ),
    SampleError(
        "dns",
        (
            "HTTPSConnectionPool(host='$host', port=443): Max retries exceeded with url: /assets/$file (Caused "
            'by NameResolutionError("<urllib3.connection.HTTPSConnection object at 0x7f$hex>: Failed to resolve '
            "'$host' ([Errno -2] Name or service not known)\"))",
        ),
        weight=2,
    ),
    SampleError("unexplained", ("Job left stage $digit of 6 with disposition K-$port.",), weight=2),
)

_VALUE_GENERATORS: dict[str, Callable[[Random], str]] = {
    "deadline": lambda rng: rng.choice(["60", "90", "120"]),
    "digit": lambda rng: str(rng.randint(1, 5)),
    "field": lambda rng: rng.choice(["Product name", "Key features", "Tone of voice", "Target audience"]),
    "file": lambda rng: (
        f"{rng.choice(['spring_catalogue', 'price-list', 'IMG', 'returns export', 'brief_final'])}_"
        f"{rng.randint(1, 9_999):04}.{rng.choice(['pdf', 'docx', 'csv'])}"
    ),
    "graph": lambda rng: rng.choice(
        [
            "3f6c1b7e-52d4-4a0e-9c8a-6d0f4e2b7a91",
            "a81e5d20-0c3b-4d6f-8f17-b94c2d5e6073",
            "c4d7f902-7b1a-4e85-a2c6-18e90b3f5d4c",
        ]
    ),
    "hex": lambda rng: f"{rng.getrandbits(40):010x}",
    "host": lambda rng: rng.choice(["cdn.shop-assets.example", "files.northwind.example", "dam.example.org"]),
    "image": lambda rng: f"IMG_{rng.randint(1, 9_999):04}.{rng.choice(['heic', 'tiff', 'HEIC'])}",
    "line": lambda rng: str(rng.randint(12, 890)),
    "model": lambda rng: rng.choice(["palmyra-x5", "palmyra-x4", "palmyra-creative", "palmyra-fin"]),
    "ms": lambda rng: rng.choice(["120000", "180000", "240000"]),
    "octet": lambda rng: str(rng.randint(2, 250)),
    "org": lambda rng: rng.choice(["48213", "48214", "50077"]),
    "policy": lambda rng: rng.choice(["pii-detection", "medical-claims", "competitor-mentions", "self-harm"]),
    "port": lambda rng: str(rng.randint(32_768, 60_999)),
    "requested": lambda rng: str(rng.randint(600, 4_800)),
    "score": lambda rng: str(rng.randint(71, 99)),
    "tokens": lambda rng: str(rng.randint(33_000, 96_000)),
    "upper": lambda rng: f"{rng.getrandbits(64):016X}",
    "used": lambda rng: str(rng.randint(20_300, 24_990)),
    "user": lambda rng: rng.choice(["ana.kovacs", "li.wei", "t.brandt", "svc-catalogue"]),
    "uuid": random_uuid,
    "wait": lambda rng: f"{rng.uniform(0.2, 12):.3f}",
}


def draw_by_weight(rng: Random, count: int) -> list[SampleError]:
    """Draw `count` errors in random order, each as often as its weight says."""
    deck = [error for error in SAMPLE_ERRORS for _ in range(error.weight)]
    drawn = [error for _ in range(0, count, len(deck)) for error in rng.sample(deck, k=len(deck))]
    return drawn[:count]
