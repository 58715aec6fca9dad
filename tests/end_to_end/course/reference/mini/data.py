"""Lists to add up."""


def data(draw):
    """Five lists enter; nothing is kept."""
    return {"lists": draw.rng.integers(-9, 10, (5, 4)).tolist()}, {}
