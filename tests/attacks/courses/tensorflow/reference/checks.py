"""No check of the author's own here; only a canary."""

CANARY = "@CANARY_CHECKS@"
