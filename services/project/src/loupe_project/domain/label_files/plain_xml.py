"""XML from strangers, as a tree. Nothing in it may stand for something else: no document types, no entities."""

from dataclasses import dataclass, field
from xml.parsers import expat

_MAX_DEPTH = 50
_MAX_ELEMENTS = 200_000


class XmlInvalid(ValueError):
    """It cannot be read; the text says why and where."""


@dataclass(slots=True)
class Element:
    """An element with what is in it."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """Children of this name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Element | None":
        """The first child of this name."""
        return next((child for child in self.children if child.name == name), None)

    def text_of(self, name: str) -> str:
        """The text of the first child of this name, without space around it; empty where there is none."""
        child = self.first(name)
        return "" if child is None else child.text.strip()


def parse(data: bytes) -> Element:
    """The root of a document.

    Raises:
        XmlInvalid: If it is not well formed, has a document type, is nested deeply or has very many elements.
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        raise XmlInvalid(str(error)) from error
    return builder.root.children[0]


class _Builder:
    def __init__(self) -> None:
        self.root = Element("")
        self._open = [self.root]
        self._count = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise XmlInvalid("it has too many elements within each other")
        element = Element(name)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, _: str) -> None:
        self._open.pop()

    def text(self, text: str) -> None:
        self._open[-1].text += text

    def refuse(self, *_: object) -> None:
        raise XmlInvalid("it declares a document type, which label files do not need")
