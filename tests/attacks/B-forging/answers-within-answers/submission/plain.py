"""A list in itself, a thousand lists in one another, a dictionary with a marker's key: readers that recurse would fall."""

loop = []
loop.append(loop)
deep = []
for _ in range(100_000):
    deep = [deep]


def double(number):
    return deep if number > 0 else loop


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return {"$": "tuple", "items": ["Hello, ", name, "!"], ("$",): loop}
