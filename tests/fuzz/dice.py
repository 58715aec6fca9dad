"""Everything that a case leaves to chance, drawn from the case's number alone; and the values that break parsers."""

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["NAMES", "NUMBERS", "TEXTS", "Dice"]

Item = TypeVar("Item")

NUMBERS = (
    *(0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 100, 127, 128, 255, 256, 511, 512, 513, 1000, 4095, 4096, 4097, 65_535, 65_536),
    *(2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**40 + 1, 2**53, 2**53 + 1, 2**62, 2**63 - 1, 2**63),
    *(2**64 - 1, 2**64, 10**16, 10**17, 10**40, 10**400, -1, -2, -128, -(2**31), -(2**53), -(2**63), -(10**30)),
)
TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\r\n",
        "\t",
        "a",
        "x" * 100,
        "x" * 300,
        "x" * 3000,
        "%s%n",
        "{}",
        "{0.__class__}",
        "\\",
        '"',
    ),
    *("\ud800", "\udfff", "\U0001f600", "\u202e", "\u2066", "\ufeff", "\u2028", "\x1b[31m", "\x7f", "\x85", "\u0301"),
    *("u\u0308", "ü", "ß", "ﬁ", "İ", "ı", "K", "Å", "\u1e9e", "null", "true", "NaN", "1e999", "__class__", "__proto__"),
    *("../../etc/passwd", "C:\\x", "//host/x", "a" * 128, "a" * 129, "é" * 255, "<script>", "=1+1", "'; --", "١٢"),
)
NAMES = (
    *(
        "hw1.py",
        "hw1.ipynb",
        "a/b.py",
        "a/b",
        "a",
        "b.txt",
        "data/x.csv",
        "HW1.py",
        "Hw1.Py",
        "hw1.py.",
        "hw1.py ",
        "A/b",
    ),
    *("../x", "a/../x", "/etc/passwd", "C:x", "c:/x", "a\\b", "a//b", "./a", ".", "..", "a/.", "a/..", "/", "//", ""),
    *(
        "a/",
        "a//",
        "u\u0308.txt",
        "ü.txt",
        "ß",
        "ss",
        "ﬁ",
        "fi",
        "x\0y",
        "x\ny",
        "x\x1b[1m",
        "x\u202ey",
        "\u2028",
        "x" * 255,
    ),
    *(
        "x" * 256,
        "a/" * 20 + "x",
        "a/" * 21 + "x",
        "é" * 127,
        "é" * 128,
        "é" * 256,
        "old.zip",
        "x.tar.gz",
        "m.pt",
        "x.npz",
    ),
    *("__pycache__/x.pyc", ".git/config", "env/pyvenv.cfg", "env/lib/x.whl", "pyvenv.cfg", "report.json", "._hw1.py"),
    *(
        "__MACOSX/../x",
        ".DS_Store",
        "receipt-a-1.json",
        "top/report.json",
        "top/hw1.py",
        "CON",
        "aux.txt",
        "x:y",
        "*",
        "?",
    ),
)


class Dice:
    """Chance, drawn from a number: the same number gives the same case."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)  # not for secrets
        self.real = self._random.random
        self.bits = self._random.getrandbits

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return self.real() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends counted."""
        return low + int(self.real() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of them."""
        return items[int(self.real() * len(items))]

    def some(self, items: Sequence[Item], most: int) -> list[Item]:
        """So many of them at most, with repetition."""
        return [self.pick(items) for _ in range(self.whole(0, most))]

    def blob(self, most: int) -> bytes:
        """Bytes: any, or a run of one."""
        size = self.whole(0, most)
        return self._random.randbytes(size) if self.chance(0.7) else bytes([self.bits(8)]) * size

    def number(self) -> int:
        """A number that is an edge of something, or beside one."""
        number = self.pick(NUMBERS) if self.chance(0.8) else self.bits(self.pick((4, 8, 16, 32, 53, 64)))
        return number + self.whole(-2, 2) if self.chance(0.2) else number

    def text(self) -> str:
        """Text that somebody takes wrongly."""
        text = self.pick(TEXTS)
        return text + self.pick(TEXTS) if self.chance(0.2) else text

    def name(self) -> str:
        """A file's name, plain or not."""
        return self.pick(NAMES) if self.chance(0.9) else self.text()

    def rotate(self, items: list[Item]) -> None:
        """Change the order of a list: exchange two, or all."""
        if len(items) > 1 and self.chance(0.8):
            first, second = self.whole(0, len(items) - 1), self.whole(0, len(items) - 1)
            items[first], items[second] = items[second], items[first]
        else:
            self._random.shuffle(items)
