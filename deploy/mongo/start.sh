#!/bin/sh
# How a member of the replica set is started in docker-compose.yml. mongod takes no key file that others can read, and
# that of a Compose secret has whatever owner and mode it has outside.
set -eu
install -m 0400 /run/secrets/mongo-keyfile /tmp/keyfile
# A process killed inside a transaction keeps its locks for this long (60 by default); ours end within 20 s.
exec docker-entrypoint.sh mongod --replSet rs0 --bind_ip_all --keyFile /tmp/keyfile \
  --setParameter transactionLifetimeLimitSeconds=20
