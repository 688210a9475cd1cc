"""How texts are compared: names of tags, labels, files and metadata are found whatever their case."""

import unicodedata


def fold(text: str, limit: int = 500) -> str:
    """`text` as search compares it: one Unicode form, no case, at most `limit` characters.

    File names from macOS arrive decomposed, others composed; Korean would never match without this.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())[:limit]
