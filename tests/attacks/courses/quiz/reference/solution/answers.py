"""The key."""

CANARY = "@CANARY_SOLUTION@"

count = sum(all(number % part for part in range(2, number)) for number in range(2, 1_001))
colour = "Blue"
