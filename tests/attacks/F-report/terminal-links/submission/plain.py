"""OSC 8 makes a link of any text, OSC 52 fills the clipboard, OSC 0 sets the title; in both spellings, nested, unfinished."""

ESC, OSC, ST = "\x1b", "\x9d", "\x9c"
EVIL = [
    f"{ESC}]8;;http://evil.example{ESC}\\click{ESC}]8;;{ESC}\\",
    f"{OSC}8;;http://evil.example{ST}click{OSC}8;;{ST}",
    f"{ESC}]52;c;cm0gLXJmIH4K\x07",
    f"{OSC}52;c;cm0gLXJmIH4K{ST}",
    f"{ESC}]0;5 / 5 points\x07",
    f"{ESC}{ESC}]52;c;cm0gLXJmIH4K\x07",
    f"{ESC}]52{ESC}]52;c;x\x07;c;cm0gLXJmIH4K\x07",
    f"{ESC}Ptmux;{ESC}{ESC}]52;c;cm0gLXJmIH4K\x07{ESC}\\",
]


def double(number):
    print("\n".join(EVIL))
    raise RuntimeError(" ".join(EVIL))


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
