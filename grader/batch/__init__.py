"""Grade a class: a roster, what was handed in, a durable ledger, an engine that makes the runs, and the gradebook.

    roster, downloads, class.toml ─► plan ─► Engine.map(collect evidence) ─► mark ─► Ledger ─► reports, gradebook

Every row of the roster ends in exactly one state. What was done once is never done again: runs are kept by what enters
them, marks by what they rest on. A fault of ours is never a zero.
"""

__all__: list[str] = []
