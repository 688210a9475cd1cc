#!/bin/bash
# mongodb.sh backup FOLDER | restore FOLDER: the feature vectors, from or to where MONGODB_URL leads.
set -euo pipefail

action=$1 folder=$2 file=$2/features.archive.gz
# Not on the command line, where every process of the machine could read it.
config=$(mktemp)
trap 'rm -f "$config"' EXIT
printf 'uri: "%s"\n' "$MONGODB_URL" > "$config"
case $action in
  backup)
    mkdir -p "$folder"
    mongodump --config="$config" --gzip --archive="$file.part"
    mv "$file.part" "$file"
    ;;
  restore)
    gzip --test "$file"
    mongorestore --config="$config" --gzip --archive="$file" --drop
    ;;
  *) echo "usage: mongodb.sh backup|restore FOLDER" >&2; exit 2 ;;
esac
echo "$action of features: $(stat --format=%s "$file") bytes"
