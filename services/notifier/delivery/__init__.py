"""Delivery: from a mail that lies in the outbox to its outcome being known, and to what comes back of it later."""
