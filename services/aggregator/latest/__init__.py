"""The last assessments: what is kept of a kab/kota, and the whole country in memory as it was assessed last.

``assessment`` is what is kept of one kab/kota, its standings and, as a ``ledger``, its book; ``kept`` writes and reads
it in the database. ``summed`` adds up the ledgers of many. A ``view`` is all of them at one moment, and ``overview``
keeps the newest view in memory.
"""
