"""Districts on a line that is often cut: a NATS server of their own, joined to the hub as a leaf node."""
