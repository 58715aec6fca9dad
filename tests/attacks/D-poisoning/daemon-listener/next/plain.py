"""Another student's honest work, which looks for what the attack before it left."""

import socket

for family, address in (
    (socket.AF_INET, ("127.0.0.1", 47_111)),
    (socket.AF_INET, ("127.0.0.1", 47_112)),
    (socket.AF_UNIX, "\0left-behind"),
):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(address)
        except OSError as error:
            print("nobody at", address, type(error).__name__)
        else:
            print("BREACH somebody is at", address)
server = socket.create_server(("127.0.0.1", 47_111))
print("the port is free")
server.close()


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
