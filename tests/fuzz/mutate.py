"""Changes to bytes that know nothing of a format but what its integers and magic words look like."""

import struct
from collections.abc import Sequence

from tests.fuzz.dice import NUMBERS, Dice

__all__ = ["mutate_bytes", "mutate_text"]

WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff" * 8, b"\0" * 8, b"\x80\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x80")
FORMATS = ("<B", "<H", ">H", "<L", ">L", "<Q", ">Q")


def mutate_bytes(dice: Dice, content: bytes, words: Sequence[bytes] = (), most: int = 3) -> bytes:
    """One to `most` changes: bits, bytes, integers, `words` of the format; pieces taken out, repeated, moved, cut."""
    changed = bytearray(content)
    for _ in range(dice.whole(1, most)):
        CHANGES[dice.whole(0, len(CHANGES) - 1)](dice, changed, words)
    return bytes(changed)


def place(dice: Dice, changed: bytearray) -> int:
    """Somewhere; often near an end, where the headers are."""
    size = max(len(changed) - 1, 0)
    if dice.chance(0.3):
        return min(dice.whole(0, 64), size)
    return max(0, size - dice.whole(0, 64)) if dice.chance(0.3) else dice.whole(0, size)


def flip(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    if changed:
        changed[place(dice, changed)] ^= 1 << dice.bits(3)


def replace_byte(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    if changed:
        changed[place(dice, changed)] = dice.bits(8)


def replace_integer(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    at = place(dice, changed)
    layout = dice.pick(FORMATS)
    size = struct.calcsize(layout)
    changed[at : at + size] = struct.pack(layout, dice.pick(NUMBERS) % 2 ** (8 * size))


def shift_integer(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    at = place(dice, changed)
    layout = dice.pick(FORMATS)
    size = struct.calcsize(layout)
    if at + size <= len(changed):
        value = struct.unpack_from(layout, changed, at)[0] + dice.whole(-3, 3)
        struct.pack_into(layout, changed, at, value % 2 ** (8 * size))


def put_word(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    word = dice.pick((*words, *words, *WORDS))
    at = place(dice, changed)
    changed[at : at + (len(word) if dice.chance(0.6) else 0)] = word


def take_out(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    at = place(dice, changed)
    del changed[at : at + dice.pick((1, 1, 2, 4, 8, 16, 44, 512))]


def put_in(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    at = place(dice, changed)
    changed[at:at] = dice.blob(dice.pick((1, 4, 16, 512)))


def repeat(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    at = place(dice, changed)
    changed[at:at] = changed[at : at + dice.pick((1, 8, 46, 100, 512, 1024))] * dice.pick((1, 1, 1, 2, 10))


def move(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    source, target = place(dice, changed), place(dice, changed)
    size = dice.pick((1, 4, 8, 30, 100, 512))
    changed[target : target + size] = changed[source : source + size]


def cut(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    del changed[place(dice, changed) :]


def append(dice: Dice, changed: bytearray, words: Sequence[bytes]) -> None:
    changed += dice.blob(64)


CHANGES = (
    *(flip, flip, replace_byte, replace_byte, replace_integer, replace_integer, shift_integer, shift_integer),
    *(put_word, put_word, take_out, put_in, repeat, move, cut, append),
)


def mutate_text(dice: Dice, text: str, pieces: Sequence[str], most: int = 3) -> str:
    """One to `most` changes of a text: `pieces` of its language put in or in place of something, parts moved or cut."""
    for _ in range(dice.whole(1, most)):
        at = dice.whole(0, len(text))
        size = dice.pick((0, 0, 1, 1, 2, 5, 20))
        how = dice.whole(0, 9)
        if how < 5:
            text = text[:at] + dice.pick(pieces) + text[at + size :]
        elif how < 6:
            text = text[:at] + text[at + size :]
        elif how < 7:
            text = text[:at] + text[at : at + size + 1] * dice.pick((2, 2, 3, 50)) + text[at + size :]
        elif how < 8:
            text = text[:at] + dice.text() + text[at:]
        elif how < 9:
            other = dice.whole(0, len(text))
            text = text[:at] + text[other : other + dice.whole(1, 40)] + text[at:]
        else:
            text = text[:at]
    return text
