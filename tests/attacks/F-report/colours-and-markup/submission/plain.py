"""If a student's text were read as markup, it could be green, a link, or break the screen by a tag that is never opened."""

TEXT = "[bold green]passed[/] [link=http://a.example]x[/link] [/nothing] :white_check_mark: **5 / 5** ![x](http://a.example)"


def double(number):
    raise ValueError(TEXT)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
