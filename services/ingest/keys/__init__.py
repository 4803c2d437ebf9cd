"""Who may send what: keys with scopes, kept on the bus as hashes, known to every replica."""
