"""Spans: what a request or message led to, and how long that took. Off unless ``LAJU_TRACING`` is set; then nothing of
OpenTelemetry's SDK is imported.

A context goes from one step to the next as text (traceparent.py), never by itself: several requests share an envelope,
several envelopes a transaction, and what waits in the database is taken up by another process.
"""
