"""How the strings of JSON values and models are walked."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from writer_jobs_mcp.sanitize.json_walk import list_strings, map_strings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


class Row(BaseModel):
    id: str
    count: int
    data: dict[str, object]
    parents: tuple[str, ...] = ()


def test_every_string_is_listed_at_any_depth_and_the_names_of_fields() -> None:
    row = Row(id="a", count=1, data={"b": ["c", {"d": None}, 2, {"e": True}]}, parents=("f",))
    assert sorted(list_strings([row, "g"])) == list("abcdefg")
    assert list_strings("text") == ["text"]


def test_every_string_of_a_model_is_changed_and_its_numbers_stay() -> None:
    row = Row(id="a", count=1, data={"b": ["c", 2]}, parents=("d",))
    changed = map_strings(lambda text: f"<{text}>", row)
    assert changed == Row.model_construct(id="<a>", count=1, data={"<b>": ["<c>", "<2>"]}, parents=("<d>",))


@given(JSON)
def test_a_change_that_changes_nothing_returns_an_equal_value(value: object) -> None:
    assert map_strings(lambda text: text, value) == value


@given(JSON)
def test_each_string_that_is_listed_is_changed(value: object) -> None:
    changed = map_strings(lambda text: f"{text}!" if not text.isdigit() else text, value)
    assert all(text.endswith("!") or text.isdigit() for text in list_strings(changed))
