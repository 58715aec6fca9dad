"""Nothing is given: what is hidden is drawn inside."""

CANARY = "@CANARY_LABELS@"


def data(draw):
    """Nothing enters; what stays outside is a canary."""
    return {}, {"canary": CANARY}
