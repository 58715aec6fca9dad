"""The key."""

half = 9 / 2
