"""Whether spans are sent to a collector, and when: as OpenTelemetry's own settings ask, to the last one before the end.

A collector that is away, or a setting that cannot be used, costs spans and one line of the log, and nothing else.
"""

import logging
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import FrameType

from opentelemetry import trace

logger = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PATIENCE_AT_THE_END, _LONGEST = 1.0, 60.0  # seconds: clients kill a server that has not ended within two
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry's settings ask for spans."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    return exporters.lower() != "none" if exporters else bool(_first(environ, _ENDPOINTS))


def obstacle(environ: Mapping[str, str]) -> str:
    """Why spans that are asked for cannot be sent and what to do about it; empty where nothing is in the way."""
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if "otlp" not in (each.strip().lower() for each in exporters.split(",")):
        return "OTEL_TRACES_EXPORTER names an exporter that this server does not have. Set it to otlp or none."
    if _first(environ, _PROTOCOLS) not in {"", "http/protobuf"}:
        return "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf. Set it, and use the collector's port for HTTP."
    try:
        import_module("writer_jobs_mcp.telemetry.otlp")
    except ImportError:
        return "Packages are missing. Install writer-jobs-mcp[otel], or set OTEL_TRACES_EXPORTER to none."
    except Exception as exc:  # those packages read some of their settings as soon as they are imported
        return f"A setting among OTEL_* cannot be used ({type(exc).__name__}). Correct it."
    return ""


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(filter(None, (environ.get(name, "").strip() for name in names)), "")


@contextmanager
def exported(environ: Mapping[str, str]) -> Generator[None]:
    """Send the spans that are made inside; the last of them when it ends, or when a signal ends the process."""
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield  # whoever started this has seen to it, as opentelemetry-instrument does
        return
    reason = obstacle(environ)
    if reason:
        logger.warning("No spans are exported. %s", reason)
        yield
        return
    from writer_jobs_mcp.telemetry.otlp import provider

    try:
        made = provider()
    except Exception as exc:  # whatever those packages make of their settings, the jobs can be told of
        logger.warning("No spans are exported: a setting among OTEL_* cannot be used (%s).", type(exc).__name__)
        yield
        return
    trace.set_tracer_provider(made)
    end = partial(_within, _patience(environ), made.shutdown)
    try:
        with _before_a_signal_ends_it(end):
            yield
    finally:
        end()


def _patience(environ: Mapping[str, str]) -> float:
    try:
        return min(max(int(environ["OTEL_BSP_EXPORT_TIMEOUT"]) / 1000, 0), _LONGEST)
    except (KeyError, ValueError):
        return _PATIENCE_AT_THE_END


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Wait for some work, and no longer than that: a collector that is away must not keep this process."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)


@contextmanager
def _before_a_signal_ends_it(work: Callable[[], None]) -> Generator[None]:
    before = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}

    def work_and_go(number: int, _frame: FrameType | None) -> None:
        work()
        signal.signal(number, before[signal.Signals(number)])
        signal.raise_signal(number)

    for number in _ENDING_SIGNALS:
        signal.signal(number, work_and_go)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
