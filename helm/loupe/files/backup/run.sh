#!/bin/sh
# run.sh backup|restore STEP: one step, in the folder of this backup, or of the one to restore. KEEP backups are kept.
set -eu

here=$(dirname "$0")
root=${BACKUP_ROOT:-/backup}
newest() { find "$root" -maxdepth 1 -type d -name '20*Z' | sort | tail -n 1; }

case $1-$2 in
  backup-mariadb)
    # What an earlier one that broke off has left.
    rm -rf "$root"/20*.part
    folder=$root/$(date -u +%Y%m%dT%H%M%SZ).part
    bash "$here/mariadb.sh" backup "$folder"
    ;;
  backup-mongodb) bash "$here/mongodb.sh" backup "$(echo "$root"/20*.part)" ;;
  backup-objects)
    # Last: what the dumps name is there by now.
    sh "$here/objects.sh" backup "$root/objects"
    part=$(echo "$root"/20*.part)
    mv "$part" "${part%.part}"
    find "$root" -maxdepth 1 -type d -name '20*Z' | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do rm -rf "$old"; done
    echo "done: $(newest)"
    ;;
  restore-objects) sh "$here/objects.sh" restore "$root/objects" ;;
  restore-*)
    folder=${RESTORE:+$root/$RESTORE}
    folder=${folder:-$(newest)}
    [ -d "$folder" ] || { echo "There is no backup ${folder:-at all} in the volume." >&2; exit 1; }
    echo "restoring $folder"
    bash "$here/$2.sh" restore "$folder"
    ;;
  *) echo "usage: run.sh backup|restore mariadb|mongodb|objects" >&2; exit 2 ;;
esac
