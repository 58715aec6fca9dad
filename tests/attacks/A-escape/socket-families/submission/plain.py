"""Only makes sockets, never connects one: VSOCK, ALG, PACKET, NETLINK, raw ones and many more."""

import errno
import socket

tried = []


def attempt(what, action):
    """One attempt, and what came of it: an action that returns something true has worked."""
    try:
        got = action()
    except OSError as error:
        print("HELD", what, errno.errorcode.get(error.errno, error.errno))
    except Exception as error:
        print("HELD", what, type(error).__name__, str(error)[:60])
    else:
        print("BREACH" if got else "TRIED", what, repr(got)[:200] if got else "")


FAMILIES = {
    "AF_AX25": 3, "AF_IPX": 4, "AF_APPLETALK": 5, "AF_NETROM": 6, "AF_X25": 9, "AF_ROSE": 11, "AF_DECNET": 12,
    "AF_KEY": 15, "AF_PACKET": 17, "AF_ECONET": 19, "AF_ATMSVC": 20, "AF_RDS": 21, "AF_IRDA": 23,
    "AF_PPPOX": 24, "AF_LLC": 26, "AF_IB": 27, "AF_MPLS": 28, "AF_CAN": 29, "AF_TIPC": 30, "AF_BLUETOOTH": 31,
    "AF_IUCV": 32, "AF_RXRPC": 33, "AF_PHONET": 35, "AF_IEEE802154": 36, "AF_CAIF": 37, "AF_ALG": 38, "AF_NFC": 39,
    "AF_VSOCK": 40, "AF_KCM": 41, "AF_QIPCRTR": 42, "AF_SMC": 43, "AF_XDP": 44, "AF_MCTP": 45,
}
KINDS = {"stream": 1, "datagram": 2, "raw": 3, "seqpacket": 5}


def make(family, kind, protocol=0):
    with socket.socket(family, kind, protocol) as made:
        return made.fileno() >= 0


def attack():
    for name, family in FAMILIES.items():
        for word, kind in KINDS.items():
            attempt(f"{name} {word}", lambda: make(family, kind))
    for protocol in (1, 2, 17, 89, 132, 255):
        attempt(f"AF_INET raw {protocol}", lambda: make(socket.AF_INET, socket.SOCK_RAW, protocol))
        attempt(f"AF_INET6 raw {protocol}", lambda: make(socket.AF_INET6, socket.SOCK_RAW, protocol))
    for protocol in (2, 4, 5, 6, 9, 10, 11, 12, 15, 16, 18, 20, 21, 22):  # 0 asks for addresses, as getifaddrs(3) does
        attempt(f"AF_NETLINK {protocol}", lambda: make(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
    for protocol in (132, 262):
        attempt(f"AF_INET protocol {protocol}", lambda: make(socket.AF_INET, socket.SOCK_STREAM, protocol))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
