"""Makes text that a student wrote harmless to show: on a terminal, or anywhere that obeys control characters.

Escape sequences go whole (colours, cursor moves, links by OSC 8, the clipboard by OSC 52), other control characters
go too; characters that reorder or hide text (bidi controls, zero-width ones, tags) are shown by their number. Source
for which characters reorder: UAX #9, and CVE-2021-42574 for why it matters in source code.
"""

import re
import unicodedata

__all__ = ["clean_line", "clean_text", "shorten", "spell_ascii"]

MOST_CHARACTERS = 64 * 1024
MOST_MARKS = 4  # accents stacked on one character: more would paint over the lines above

# Each alternative consumes a bounded run of characters outright, so a hostile text costs linear time.
ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"  # OSC … BEL or ST
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]{0,4096}(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC … ST
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"  # CSI
    r"|\x1b[ -/]{0,16}[0-~]?"  # anything else that ESC begins
)
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that show nothing: spaces that don't count as such
JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them; they reorder nothing
ASCII_FORMS = str.maketrans(
    {
        "·": "-", "→": "->", "×": "x", "…": "...", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"',
        "│": "|", "±": "+-", "≤": "<=", "≥": ">=", "✓": "+", "✗": "x", "◐": "~", "\u00a0": " ",
    }
)  # fmt: skip


def clean_text(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """`text` without anything that a terminal would obey, lines kept; at most `most` characters of it."""
    text = ESCAPES.sub("", text[:most]).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(limit_marks([clean_character(character) for character in text]))


def clean_line(text: str, *, most: int = 1000) -> str:
    """The same on one line: line breaks become spaces."""
    return " ".join(clean_text(text, most=most).split())


def clean_character(character: str) -> str:
    """One character as it may be shown."""
    if character == "\n" or character in JOINERS or (character.isprintable() and character not in BLANKS):
        return character
    category = unicodedata.category(character)
    if category == "Cc":
        return ""
    if category == "Zs":
        return " "
    return f"<U+{ord(character):04X}>"


def limit_marks(characters: list[str]) -> list[str]:
    """Drop the combining marks that stack higher than any script needs."""
    kept: list[str] = []
    marks = 0
    for character in characters:
        marks = marks + 1 if len(character) == 1 and unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return kept


def shorten(text: str, most: int) -> str:
    """`text` in at most `most` characters, cut in the middle: an error says its most at both ends."""
    if len(text) <= most:
        return text
    kept = max(most - 5, 2)
    return f"{text[: kept - kept // 2]} ... {text[len(text) - kept // 2 :]}"


def spell_ascii(text: str) -> str:
    """`text` in ASCII alone: signs of ours in their usual spelling, accents dropped, anything else by its number."""
    text = unicodedata.normalize("NFKD", text.translate(ASCII_FORMS))
    text = "".join(character for character in text if not unicodedata.combining(character))
    return text.encode("ascii", "backslashreplace").decode("ascii")
