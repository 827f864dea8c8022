"""Hypothesis strategies: values of a JSON schema, odd values, and mutated documents."""

import copy
from collections.abc import Iterator
from typing import Any, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.helpers.tally import gate_or_full

Json = Any
Schema = dict[str, Any]


def example_settings(short: int, full: int) -> settings:
    """Return Hypothesis settings: fixed examples in ``make test``, new and shrunk ones in ``make robustness``."""
    return settings(
        max_examples=gate_or_full(short, full),
        phases=[Phase.explicit, Phase.generate, *gate_or_full([], [Phase.shrink])],
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# Values of a schema


def from_schema(schema: Schema) -> SearchStrategy[Json]:
    """Return valid values of a schema; covers the JSON Schema that the tools and Writer's documents use."""
    return _values(schema, schema.get("$defs", {}))


def _values(schema: Schema, definitions: Schema) -> SearchStrategy[Json]:
    values: SearchStrategy[Json]
    match schema:
        case {"$ref": str(name)}:
            values = _values(definitions[name.rpartition("/")[2]], definitions)
        case {"anyOf": [*choices]}:
            values = st.one_of([_values(choice, definitions) for choice in choices])
        case {"enum": [*choices]}:
            values = st.sampled_from(choices)
        case {"const": value}:
            values = st.just(value)
        case {"type": "object"}:
            fields = {name: _values(field, definitions) for name, field in schema.get("properties", {}).items()}
            values = objects(fields, schema.get("required", []))
        case {"type": "array"}:
            items = _values(schema["items"], definitions)
            values = st.lists(items, min_size=schema.get("minItems", 0), max_size=schema.get("maxItems", 5))
        case {"type": "integer"}:
            values = st.integers(schema.get("minimum"), schema.get("maximum"))
        case _:
            values = _PLAIN[schema["type"], schema.get("format")]
    return values


_PLAIN: dict[tuple[str, str | None], SearchStrategy[Json]] = {
    ("string", None): st.text(max_size=60),
    ("string", "uuid"): st.uuids().map(str),
    ("string", "date-time"): st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    ("boolean", None): st.booleans(),
    ("null", None): st.none(),
}


def objects(fields: dict[str, SearchStrategy[Json]], required: list[str]) -> SearchStrategy[dict[str, Json]]:
    """Return objects with the required fields and some of the others."""
    return st.fixed_dictionaries(
        {name: fields[name] for name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


# Odd values


class LongText(str):
    """A text that failure reports abbreviate."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Long({self[:20]!a} … {self[-20:]!a}, {len(self)} characters)"


LONG_TEXT = LongText("x" * 100_000)
_INVISIBLE = (
    "",
    " ",
    "\n",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\x1b[31mred\x1b[0m",
    "\u202eabc",
    "\u2028",
    "\u200b",
    "\U000e0041",
)
_PATHS = ("/", "a/b", "../../v1/models", ".", "..", "...", "a\\b", "%2e%2e", "%2F", "%00", "%", "%zz", "%ff", "a%2fb")
_MARKUP = ("?limit=1", "#", "a b", "a+b", "{application_id}", "{+job_id}", "{{}}", "${WRITER_API_KEY}", "{0.__class__}")
_NUMERALS = ("NaN", "null", "true", "-1", "1e9", "0x10", "1_000", "٣", "²", "Infinity", LongText("9" * 5_000))
_AGES = ("99999999999d", "999999w", "60000w", "-5d", "0s", "٣d", "1.5h", "7 days", "24H", " 7d ")
_TIMES = (
    *("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "10000-01-01"),
    *("2026-02-30", "2026-11-23T12:00:00.123456789Z", "2026-W48", "20261123", "12:00", "2026-11-23T24:00:00Z"),
)
_SPECIAL = ("</tool>", '"}]}', "'; --", "💥" * 300, "e\u0301" * 300, "\ud83d", "a\ud83db", "\udc80", LONG_TEXT)
TEXTS = [*_INVISIBLE, *_PATHS, *_MARKUP, *_NUMERALS, *_AGES, *_TIMES, *_SPECIAL]
_RARE_CHARACTERS = st.characters(categories=["Cc", "Cf", "Cn", "Co", "Cs", "Nd", "Zs"])

texts: SearchStrategy[str] = st.sampled_from(TEXTS) | st.text(max_size=30) | st.text(_RARE_CHARACTERS, max_size=6)
numbers: SearchStrategy[float] = (
    st.sampled_from([0, -1, 1.5, 20.0, 2**31, -(2**63), 2**64, 10**30, 10**4_000, -(10**300), 1e308, -0.0, 5e-324])
    | st.sampled_from([float("nan"), float("inf"), float("-inf")])
    | st.integers()
)
scalars: SearchStrategy[Json] = st.none() | st.booleans() | numbers | texts


def nested(value: Json, deep: int) -> Json:
    for _ in range(deep):
        value = [value]
    return value


# Nested less than 200 levels, where JSON parsers reject the whole message.
LARGE: list[Json] = [
    nested(0, 100),
    nested({"a": {}}, 80),
    [0] * 1_000,
    {LONG_TEXT: 1},
    {f"{n}": n for n in range(300)},
]
odd_values: SearchStrategy[Json] = (
    scalars
    | st.sampled_from(LARGE)
    | st.recursive(
        scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(texts, each, max_size=3), max_leaves=5
    )
)


def odd_arguments(schema: Schema) -> SearchStrategy[dict[str, Json]]:
    """Return arguments of which some are odd, missing or unknown."""
    known = objects({name: from_schema(field) | texts | odd_values for name, field in schema["properties"].items()}, [])
    unknown = st.dictionaries(texts, odd_values, max_size=2)
    return known | st.tuples(known, unknown).map(lambda parts: {**parts[0], **parts[1]})


def encodable(value: Json) -> Json:
    """Return a value without lone surrogates, which JSON on the wire cannot carry."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            fields = cast("dict[str, Json]", value)
            return {encodable(name): encodable(field) for name, field in fields.items()}
        case list():
            return [encodable(each) for each in cast("list[Json]", value)]
        case _:
            return value


# Mutated documents


@st.composite
def mutated(draw: st.DrawFn, documents: SearchStrategy[Json]) -> Json:
    """Return a document with some nodes removed, replaced, duplicated, wrapped or lengthened."""
    whole = [copy.deepcopy(draw(documents))]
    for _ in range(draw(st.integers(1, 4))):
        if places := list(_nodes(whole)):
            container, key = draw(st.sampled_from(places))
            draw(st.sampled_from(_MUTATIONS))(draw, container, key)
    return whole[0] if whole else None


def _nodes(document: Json) -> Iterator[tuple[Any, Any]]:
    """Yield each node as (container, key or index)."""
    keys: list[Any] = [*document] if isinstance(document, dict) else [*range(len(document))]
    for key in keys:
        yield document, key
        if isinstance(document[key], dict | list):
            yield from _nodes(document[key])


def _remove(_: st.DrawFn, container: Any, key: Any) -> None:
    del container[key]


def _replace(draw: st.DrawFn, container: Any, key: Any) -> None:
    container[key] = copy.deepcopy(draw(odd_values))


def _duplicate(draw: st.DrawFn, container: Any, key: Any) -> None:
    value = container[key]
    if isinstance(container, list):
        container[key:key] = [value] * draw(st.sampled_from([1, 2, 30]))
    else:
        container[draw(texts)] = copy.deepcopy(value)


def _wrap(draw: st.DrawFn, container: Any, key: Any) -> None:
    value = container[key]
    container[key] = draw(st.sampled_from([[value], {"value": value}, nested(value, 20), LongText(value)]))


def _lengthen(draw: st.DrawFn, container: Any, key: Any) -> None:
    match container[key]:
        case str(text):
            container[key] = LongText(text + draw(texts) + draw(st.sampled_from(["", text, LONG_TEXT, "\n" * 3_000])))
        case [*rows]:
            container[key] = [*rows, copy.deepcopy(draw(odd_values)), *rows]
        case dict():
            container[key][draw(texts)] = copy.deepcopy(draw(odd_values))
        case _:
            container[key] = draw(numbers)


_MUTATIONS = (_remove, _replace, _duplicate, _wrap, _lengthen)
