"""What can come at the cursor. In the texts below `|` is the cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain.query import cursor, formatting


def look(marked: str) -> cursor.Place:
    text = marked.replace("|", "", 1)
    return cursor.look(text, marked.index("|"))


@pytest.mark.parametrize(
    ("marked", "typed", "replaced", "after_term"),
    [
        ("|", "", "", False),
        ("lab|", "lab", "lab", False),
        ("la|bel:dent x", "la", "label", False),
        ("tag:a |", "", "", True),
        ("tag:a la|", "la", "la", True),
        ("tag:a OR |", "", "", False),
        ("tag:a (|", "", "", False),
        ("tag:a (b) |", "", "", True),
        ("-la|", "la", "la", False),
        ("tag:a A|", "A", "A", True),
        ("tag:a AND| b", "AND", "AND", True),
        ("라|", "라", "라", False),
        ("meta.|", "meta.", "meta.", False),
    ],
)
def test_look__a_term_is_expected(marked: str, typed: str, replaced: str, after_term: bool) -> None:
    place = look(marked)

    assert (place.is_value, place.typed, place.after_term) == (False, typed, after_term)
    assert marked.replace("|", "")[place.span.start : place.span.end] == replaced


@pytest.mark.parametrize(
    ("marked", "field", "op", "typed", "replaced", "given_values"),
    [
        ("label:|", "label", ":", "", "", ()),
        ("label:de|", "label", ":", "de", "de", ()),
        ("라벨:d|ent", "label", ":", "d", "dent", ()),
        ("label:|dent", "label", ":", "", "dent", ()),
        ("label:dent,|", "label", ":", "", "", ("dent",)),
        ("label:a,b|,c x", "label", ":", "b", "b", ("a", "c")),
        ("tag != |", "tag", "!=", "", "", ()),
        ('tag:"two w|', "tag", ":", "two w", '"two w', ()),
        ('tag:"two| words" x', "tag", ":", "two", '"two words"', ()),
        ('tag:"|', "tag", ":", "", '"', ()),
        ("tag:line:L|", "tag", ":", "line:L", "line:L", ()),
        ('meta."operator name":k|', "meta.operator name", ":", "k", "k", ()),
        ("box[label:cr|", "label", ":", "cr", "cr", ()),
        ("at>=-2|", "at", ">=", "-2", "-2", ()),
        ("nofield:x|", None, ":", "x", "x", ()),
        (":|", None, ":", "", "", ()),
    ],
)
def test_look__a_value_is_expected(
    marked: str, field: str | None, op: str, typed: str, replaced: str, given_values: tuple[str, ...]
) -> None:
    place = look(marked)

    assert place.is_value
    assert (place.field.name if place.field else None, place.op, place.typed, place.given) == (
        field,
        op,
        typed,
        given_values,
    )
    assert marked.replace("|", "")[place.span.start : place.span.end] == replaced


@pytest.mark.parametrize(("marked", "field"), [("label|", "label"), ("conf| x", "conf"), ("labe|", None)])
def test_look__word_that_is_a_field_already(marked: str, field: str | None) -> None:
    place = look(marked)

    assert (place.field.name if place.field else None) == field
    assert not place.op


@pytest.mark.parametrize(
    ("marked", "rest"),
    [
        ("line:L1 lab|", ["line:L1"]),
        ("line:L1 label:de|nt,x conf<0.5", ["line:L1", "conf<0.5"]),
        ("line:L1 OR label:|", []),
        ("line:L1 (a b label:| OR c", ["line:L1", "a", "b"]),
        ("line:L1 -(a label:|)", ["line:L1", "a"]),
        ("line:L1 box[conf>0.5 label:|", ["line:L1"]),
        ("line:L1 count(box[label:|", ["line:L1"]),
        ('line:L1 tag:"two w|', ["line:L1"]),
        ("line:L1 ) label:|", []),
        ("line:L1 |", ["line:L1"]),
        ("|", []),
    ],
)
def test_look__what_must_hold_besides(marked: str, rest: list[str]) -> None:
    assert [formatting.text_of(one) for one in look(marked).rest] == rest


def test_look__operator_of_a_count() -> None:
    assert look("a count(box[label:x])|").after_count
    assert not look("a (b)|").after_count
    assert look("box[a|").in_box
    assert not look("box[a] b|").in_box


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from([*list('ab:=<>!-()[]", *\\.'), "box[", "OR ", "메타."])).map("".join),
    st.data(),
)
def test_look__never_fails(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    place = cursor.look(text, at)

    assert 0 <= place.span.start <= at <= place.span.end <= len(text)


@pytest.mark.parametrize("text", ["(" * 9_999, "a " * 5_000, "label:" + "a," * 4_900, "-" * 9_999, '"' * 9_999])
def test_look__in_what_is_too_long_nothing_can_come(text: str) -> None:
    place = cursor.look(text, len(text))

    assert place.is_value
    assert place.field is None
