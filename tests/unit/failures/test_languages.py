"""Errors in seven European languages get the cause that a reader would give them."""

import tomllib
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pytest

from writer_jobs_mcp.failures import Category, classify_error
from writer_jobs_mcp.failures.classify.categories import DEFAULT_RETRY

_TABLES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "translated_errors.toml").read_text(encoding="utf-8")
)
CAUSES = {*DEFAULT_RETRY, "rate_limit/after_a_fix"}


class TranslatedError(NamedTuple):
    """A row of ``translated_errors.toml``."""

    language: str
    cause: str  # a category, and how to retry if not as usual
    error: str


ERRORS = [
    TranslatedError(language, cause, error)
    for language, tables in _TABLES.items()
    for cause, errors in tables.items()
    for error in errors
]


def find_cause(error: str) -> str:
    """Return the cause as the table writes it."""
    cause = classify_error(error)
    return cause.category if cause.retry == DEFAULT_RETRY[cause.category] else f"{cause.category}/{cause.retry}"


@pytest.mark.parametrize("language", _TABLES)
def test_an_error_has_the_cause_that_its_words_say(language: str) -> None:
    assert [row for row in ERRORS if row.language == language and find_cause(row.error) != row.cause] == []


@pytest.mark.parametrize("language", _TABLES)
def test_an_error_that_was_written_without_accents_has_the_same_cause(language: str) -> None:
    accented = [row for row in ERRORS if row.language == language and not row.error.isascii()]
    assert [row for row in accented if find_cause(_remove_accents(row.error)) != row.cause] == []


def _remove_accents(error: str) -> str:
    decomposed = unicodedata.normalize("NFD", error.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@pytest.mark.parametrize("language", _TABLES)
@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_every_cause_has_at_least_ten_messages_in_every_language(language: str, cause: str) -> None:
    assert len(set(_TABLES[language][cause])) >= 10


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ('{"error":{"message":"Zu viele Anfragen","type":"invalid_request_error"}}', "rate_limit"),
        ("Bad Request: Acceso denegado", "access_denied"),
        ("BadRequestError: Créditos insuficientes", "rate_limit"),
        ("InvalidRequest: Usługa niedostępna", "upstream_failure"),
        ("Anforderung ungültig: Zugriff verweigert", "access_denied"),
        ("Requête invalide : le texte est trop long", "input_too_long"),
        ("Interner Serverfehler: Zeitüberschreitung der Anforderung", "timeout"),
        ("Erro interno do servidor: conexão recusada", "upstream_failure"),
    ],
)
def test_the_most_specific_wording_decides(error: str, category: Category) -> None:
    assert classify_error(error).category == category


@pytest.mark.parametrize(
    ("time", "size"),
    [
        ("Wartezeit zu lang", "Text zu lang"),
        ("Le temps de réponse est trop long", "Le message est trop long"),
        ("Tiempo de respuesta demasiado largo", "Mensaje demasiado largo"),
        ("Tempo de resposta muito longo", "Texto muito longo"),
        ("Tempo di risposta troppo lungo", "Testo troppo lungo"),
        ("Responstijd te lang", "Bericht te lang"),
        ("Czas odpowiedzi jest zbyt długi", "Tekst jest zbyt długi"),
    ],
)
def test_too_long_is_a_timeout_of_a_time_and_a_fault_of_an_input(time: str, size: str) -> None:
    assert [classify_error(error).category for error in (time, size)] == ["timeout", "input_too_long"]


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ("Der Remoteserver hat einen Fehler zurückgegeben: (403) Verboten.", "access_denied"),
        ("Le serveur distant a retourné une erreur : (403) Interdit.", "access_denied"),
        ("Error en el servidor remoto: (404) No se encontró.", "missing_resource"),
        ("O servidor remoto retornou um erro: (401) Não Autorizado.", "access_denied"),
        ("Errore del server remoto: (403) Non consentito.", "access_denied"),
        ("De externe server heeft een fout geretourneerd: (404) Niet gevonden.", "missing_resource"),
        ("Serwer zdalny zwrócił błąd: (403) Zabroniony.", "access_denied"),
    ],
)
def test_a_translated_status_line_has_the_cause_of_its_status(error: str, category: Category) -> None:
    assert classify_error(error).category == category


@pytest.mark.parametrize(
    "content",
    [
        "Zugriff verweigert",
        "Trop de requêtes",
        "Tiempo de espera agotado",
        "Acesso negado",
        "Connessione rifiutata",
        "Toegang geweigerd",
        "Przekroczono limit czasu",
    ],
)
@pytest.mark.parametrize("template", ["Step “{}” failed", "Schritt „{}“ fehlgeschlagen", "L'étape « {} » a échoué"])
def test_a_title_in_quotation_marks_names_no_cause(template: str, content: str) -> None:
    assert classify_error(content).category != "unknown"
    assert classify_error(template.format(content)).category == "unknown"


@pytest.mark.parametrize(
    "error",
    [
        '{"fehler": {"code": 7, "meldung": "Zugriff verweigert"}}',
        '{"erreur": "Accès refusé"}',
        '{"mensaje": "Acceso denegado"}',
        '{"erro": "Acesso negado"}',
        '{"errore": {"descrizione": "Accesso negato"}}',
        '{"foutmelding": "Toegang geweigerd"}',
        '{"błąd": {"opis": "Odmowa dostępu"}}',
    ],
)
def test_a_message_is_read_under_a_key_in_its_language(error: str) -> None:
    assert classify_error(error).category == "access_denied"
