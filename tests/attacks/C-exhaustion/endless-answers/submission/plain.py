"""A generator, a list and a number that go on for ever for whoever iterates, measures or compares them."""

import itertools


class Endless(list):
    def __len__(self):
        while True:
            pass

    __iter__ = __eq__ = __getitem__ = __len__


class Number(int):
    def __eq__(self, other):
        while True:
            pass

    __str__ = __repr__ = __int__ = __index__ = __hash__ = __eq__


def double(number):
    return itertools.count(2 * number)


def classify(rows):
    return Endless([0, 1])


def greet(name):
    return Number(7)
