"""What the aggregator shows over HTTP."""
