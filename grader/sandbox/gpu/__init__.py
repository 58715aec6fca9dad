"""Graphics processors: which there are, who has one, what a run needs to see of it, and whether it is still well."""

__all__: list[str] = []
