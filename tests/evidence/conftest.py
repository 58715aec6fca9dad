"""Property tests of this folder have no deadline: how fast a machine is says nothing about what is right."""

from hypothesis import settings

__all__: list[str] = []

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
