#!/bin/sh
# As in the real image: before there is a database, a root user is made and the scripts beside are run, without --auth.
set -eu

server="secantusd-rs --port 27017 --storage-path /data/db/store --cache-size 256M --log-file-max 64MB --sync-on-commit"

if [ -n "${MONGO_INITDB_ROOT_USERNAME:-}" ] && [ ! -e /data/db/.prepared ]; then
  rm -rf /data/db/store
  $server --host 127.0.0.1 &
  first=$!
  until mongosh --quiet --eval 'db.hello().ok' >/dev/null 2>&1; do
    kill -0 "$first"
    sleep 0.5
  done
  ROOT_PASSWORD=$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE") mongosh --quiet admin --eval \
    'db.createUser({user: process.env.MONGO_INITDB_ROOT_USERNAME, pwd: process.env.ROOT_PASSWORD, roles: ["root"]})'
  for script in /docker-entrypoint-initdb.d/*.js; do
    mongosh --quiet test "$script"
  done
  kill "$first"
  wait "$first" || true
  touch /data/db/.prepared
fi

case "$*" in
  *--keyFile*) exec $server --host 0.0.0.0 --auth ;;
  *) echo "this stand-in is run as in docker-compose.yml: mongod with --keyFile" >&2; exit 1 ;;
esac
