#!/bin/sh
# objects.sh backup FOLDER | restore FOLDER: the objects of the bucket BUCKET. They never change under their names, so all
# backups share one copy, to which only new ones are added. The bucket is the remote `s3` of rclone's variables.
set -eu

action=$1 folder=$2
case $action in
  backup) mkdir -p "$folder" && rclone copy "s3:$BUCKET" "$folder" --size-only --transfers 8 --stats-one-line ;;
  restore) rclone copy "$folder" "s3:$BUCKET" --size-only --transfers 8 --stats-one-line ;;
  *) echo "usage: objects.sh backup|restore FOLDER" >&2; exit 2 ;;
esac
