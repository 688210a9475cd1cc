#!/bin/bash
# mariadb.sh backup FOLDER | restore FOLDER: the schemas of auth and project, from or to where AUTH_URL and PROJECT_URL lead.
# A schema is dumped in one transaction, while everything goes on.
set -euo pipefail

decode() { # percent-encoded text
  local text=${1//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

connect() { # mariadb://user:password@host:port/schema?tls=true: sets options and schema
  local address=${1#*://}
  local account=${address%%@*} place=${address#*@}
  local host=${place%%/*} path=${place#*/}
  schema=${path%%\?*}
  options=(--host="${host%%:*}" --user="$(decode "${account%%:*}")" --default-character-set=utf8mb4)
  if [[ $host == *:* ]]; then options+=(--port="${host##*:}"); fi
  # Not on the command line, where every process of the machine could read it.
  local word=
  if [[ $account == *:* ]]; then word=$(decode "${account#*:}"); fi
  printf -v MYSQL_PWD %s "$word"
  export MYSQL_PWD
  if [[ $path == *tls=true* ]]; then
    options+=(--ssl-verify-server-cert ${SSL_CERT_FILE:+"--ssl-ca=$SSL_CERT_FILE"})
  fi
}

action=$1 folder=$2
for name in auth project; do
  variable=${name^^}_URL
  connect "${!variable}"
  file=$folder/$name.sql.gz
  case $action in
    backup)
      mkdir -p "$folder"
      mariadb-dump "${options[@]}" --single-transaction --quick --triggers --hex-blob "$schema" | gzip > "$file.part"
      mv "$file.part" "$file"
      ;;
    restore)
      gzip --test "$file"
      gunzip --stdout "$file" | mariadb "${options[@]}" "$schema"
      ;;
    *) echo "usage: mariadb.sh backup|restore FOLDER" >&2; exit 2 ;;
  esac
  echo "$action of schema $schema: $(stat --format=%s "$file") bytes"
done
