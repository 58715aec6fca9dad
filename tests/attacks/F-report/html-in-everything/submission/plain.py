"""Closes attributes, comments, scripts and templates. In the report it is data, as it was written."""

HTML = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></textarea><!--]]>{{7*7}}${7*7}</style>"


def double(number):
    print(HTML)
    raise type(HTML[:60], (Exception,), {})(HTML)


def classify(rows):
    return HTML


def greet(name):
    return f"Hello, {name}!"
