"""Rules of single fields."""

from __future__ import annotations

import pytest

from loupe_auth.domain import fields
from loupe_auth.domain.errors import EmailDomainNotAllowed
from loupe_kit.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "kept"), [("  Ada  ", "Ada"), ("E\u0301va", "Éva"), ("김민준", "김민준"), ("a" * 100, "a" * 100)]
)
def test_line__is_trimmed_and_composed(text: str, kept: str) -> None:
    assert fields.line("display_name", text) == kept


@pytest.mark.parametrize("text", ["two\nlines", "nul\0", "turned \u202etxt", "a" * 101, "a" * 10_000_000])
def test_line__refuses_what_is_no_line(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^display_name must be"):
        fields.line("display_name", text)


def test_line__required() -> None:
    with pytest.raises(InvalidArgument, match="must not be empty"):
        fields.line("display_name", "  ", required=True)


@pytest.mark.parametrize("text", ["Ada.L+x@Plant.Example", "a@localhost", "김@plant.example"])
def test_email__is_kept_in_lower_case(text: str) -> None:
    assert fields.email("email", f" {text} ") == text.lower()


@pytest.mark.parametrize(
    "text", ["", "ada", "@plant.example", "ada@", "a@b@c", "ada@plant..example", "a da@x", "x" * 65 + "@x", "a@-x.org"]
)
def test_email__refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidArgument):
        fields.email("email", text)


def test_email__other_domain() -> None:
    assert fields.email("email", "a@plant.example", domains={"plant.example"})
    with pytest.raises(EmailDomainNotAllowed) as caught:
        fields.email("email", "a@plant.example.org", domains={"plant.example"})
    assert caught.value.metadata == {"email_domain": "plant.example.org"}
