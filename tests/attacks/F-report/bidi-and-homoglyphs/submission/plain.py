"""Overrides of direction, invisible letters, tags, blank letters to line things up, and accents piled up to the line above."""


def double(number):
    raise ValueError(
        "\u202e2 / 2\u2066 \u2067right\u2069 \u200b\u200e\u061c\ufeff\u00ad\u3164\u2800\u115f\U000e0041\U000e0042 "
        "ра\u0455\u0455\u0435d " + "a" + "\u0336\u0489\u20dd" * 50
    )


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
