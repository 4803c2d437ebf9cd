"""The contract between the services (events, envelope, regions, subjects) and its plumbing. No business rules."""
