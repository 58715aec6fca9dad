"""The key."""

colour = "Blue"
primes = [str(number) for number in (2, 4, 7, 9) if all(number % part for part in range(2, number))]
total = sum(range(101))
grid = (3, 4)
pairs = {"cat": "meows", "dog": "barks"}
