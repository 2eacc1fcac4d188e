"""Names that people give and read: which characters they may hold, and when two of them are the same name."""

import unicodedata

from realness.domain.words import check_text
from realness.errors import InvalidValue

_FORMAT = "Cf"
_BREAKS = ("Cc", "Cs", "Zl", "Zp")
"""Categories of Unicode: control characters, halves of characters, ends of lines and of paragraphs."""
_REORDERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of the text around it, so that a name can be shown as another one."""
_VARIATIONS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def fits_one_line(text: str) -> bool:
    """Whether a text can be shown on one line as what it is. Spaces of every kind may be in it, and what joins or
    parts letters (Persian needs it, and so do emoji).
    """
    return not any(
        character in _REORDERS or unicodedata.category(character) in _BREAKS or _is_no_character(character)
        for character in text
    )


def check_line(value: str, name: str, longest: int, field: str = "") -> str:
    """A name, trimmed: 1 to `longest` characters on one line, one of which can be seen.

    Args:
        name: what messages call it.
        field: of the form that it was given in.

    Raises:
        InvalidValue: it is none.
    """
    value = check_text(value, name).strip()
    if not 1 <= len(value) <= longest or not fits_one_line(value) or not any(map(_is_seen, value)):
        raise InvalidValue(f"{name} must have 1 to {longest} characters on one line", field)
    return value


def name_key(name: str) -> str:
    """The same for names that people would take for one: case, width, ways of writing an accent, spaces and characters
    that cannot be seen make no difference.
    """
    seen = "".join(character for character in name if character.isspace() or _is_seen(character))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(folded.split())


def _is_no_character(character: str) -> bool:
    return 0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE


def _is_seen(character: str) -> bool:
    return not (character.isspace() or unicodedata.category(character) == _FORMAT or character in _VARIATIONS)
