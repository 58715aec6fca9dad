"""The durable record of a batch: runs, marks, grades, overrides and what happened, in one folder.

    <folder>/ledger.sqlite3     rows                     <folder>/ledger.lock   who writes holds it
    <folder>/artefacts/ab/…     large contents, each named by its SHA-256

It knows ids, never names. It decides nothing: it keeps, finds again, and says when something was changed.
"""

from grader.batch.ledger.ledger import Ledger, open_ledger
from grader.batch.ledger.values import Event, Exported, Purged, Recorded

__all__ = ["Event", "Exported", "Ledger", "Purged", "Recorded", "open_ledger"]
