"""No data of its own; a canary among what is kept."""

CANARY = "@CANARY_LABELS@"


def data(draw):
    """Nothing enters."""
    return {}, {"canary": CANARY}
