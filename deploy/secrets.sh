#!/bin/sh
# Makes what docker-compose.yml keeps secret: a key file and passwords for MongoDB, and the key that links to pages are
# signed with. Each is a file in the folder secrets/ beside that file, or in the folder given. What is there already
# stays as it is.
set -eu

folder=${1:-$(dirname "$0")/../secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

# Each is handed to containers whose users are others than the owner here: they may read the file, but nobody else on
# this machine comes through the folder.
keep() {
  if [ ! -s "$folder/$1" ]; then
    cat >"$folder/.$1"
    chmod 444 "$folder/.$1"
    mv "$folder/.$1" "$folder/$1"
  fi
}

digits() {
  od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

head -c 756 /dev/urandom | base64 | keep mongo-keyfile
digits 24 | keep mongo-root-password
digits 24 | keep mongo-exporter-password
digits 32 | keep pages-key
for name in aggregator notifier operator; do
  digits 24 | keep "mongo-$name-password"
  password=$(cat "$folder/mongo-$name-password")
  printf 'mongodb://laju_%s:%s@mongo:27017/?replicaSet=rs0&authSource=admin' "$name" "$password" |
    keep "$name-mongo-url"
done
