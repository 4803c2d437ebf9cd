"""Faults: the real processes under load while they are killed, frozen, cut off and fed poison.

A run has a seed. The seed gives the load and the schedule of faults; whatever the machine makes of them, the
invariants of :mod:`tests.faults.invariants` hold at the end. ``make faults SEED=7 MINUTES=3`` runs the long one.
"""
