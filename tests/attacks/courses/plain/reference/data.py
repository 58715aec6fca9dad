"""Rows enter, labels stay outside. The canary is a label too: where it is seen, labels are."""

CANARY = "@CANARY_LABELS@"


def data(draw):
    """Forty rows of four numbers; the label of a row is its largest number's column."""
    rows = draw.rng.random((40, 4))
    return {"rows": rows}, {"labels": rows.argmax(axis=1), "canary": CANARY}
