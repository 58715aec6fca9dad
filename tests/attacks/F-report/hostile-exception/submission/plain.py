"""What an exception says of itself runs in the telling: here all of it raises, and what it raises does, too."""


class Worse(Exception):
    def __str__(self):
        raise Worse

    __repr__ = __str__


class Meta(type):
    __name__ = property(lambda cls: Worse())

    def __repr__(cls):
        raise Worse


class Hostile(Exception, metaclass=Meta):
    __class__ = property(lambda self: SystemExit)
    args = property(lambda self: (_ for _ in ()).throw(Worse()))
    name = property(lambda self: Worse())

    def __str__(self):
        raise Worse

    __repr__ = __str__

    def __getattribute__(self, name):
        raise Worse

    def __iter__(self):
        while True:
            yield 1


def double(number):
    raise Hostile from Worse()


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
