{{/* What differs between the bundled servers: user, command, variables, folders. */}}

{{- define "loupe.bundled.mariadb" -}}
{{- $secret := printf "%s-bundled-mariadb" (include "loupe.fullname" .) -}}
user: 999
folder: /var/lib/mysql
scratch: [/tmp, /run/mysqld]
args: [--innodb-snapshot-isolation=ON, --character-set-server=utf8mb4, --log-bin-trust-function-creators=ON]
ready: [healthcheck.sh, --connect, --innodb_initialized]
env:
  MARIADB_ROOT_PASSWORD: {secret: {{ $secret }}, key: root-password}
  MARIADB_USER: loupe
  MARIADB_PASSWORD: {secret: {{ $secret }}, key: password}
  MARIADB_AUTO_UPGRADE: "1"
configFolder: /docker-entrypoint-initdb.d
configFiles:
  schemas.sql: |
    CREATE DATABASE IF NOT EXISTS loupe_auth CHARACTER SET utf8mb4;
    CREATE DATABASE IF NOT EXISTS loupe_project CHARACTER SET utf8mb4;
    GRANT ALL PRIVILEGES ON loupe_auth.* TO 'loupe'@'%';
    GRANT ALL PRIVILEGES ON loupe_project.* TO 'loupe'@'%';
{{- end -}}

{{/* Features are written in transactions, which only a replica set has: it is one of one member. */}}
{{- define "loupe.bundled.mongodb" -}}
{{- $name := printf "%s-bundled-mongodb" (include "loupe.fullname" .) -}}
user: 999
folder: /data/db
scratch: [/tmp, /data/configdb]
command: [/bin/bash, -ec]
# A key that others may read is refused, and volumes of secrets can be read by the pod's group.
args: ['install -m 0400 /etc/loupe/replica-key /tmp/replica-key && exec docker-entrypoint.sh mongod --bind_ip_all --replSet loupe --keyFile /tmp/replica-key --wiredTigerCacheSizeGB 0.5']
started:
  - /bin/bash
  - -c
  - >-
    for try in $(seq 120); do
    mongosh --quiet -u loupe -p "$MONGO_INITDB_ROOT_PASSWORD" --eval
    'try { rs.status() } catch (e) { rs.initiate({_id: "loupe", members: [{_id: 0, host: "{{ $name }}:27017"}]}) }' && exit 0;
    sleep 1; done; exit 1
env:
  HOME: /tmp
  MONGO_INITDB_ROOT_USERNAME: loupe
  MONGO_INITDB_ROOT_PASSWORD: {secret: {{ $name }}, key: password}
secretFolder: /etc/loupe
secretKey: replica-key
{{- end -}}

{{- define "loupe.bundled.redis" -}}
user: 999
folder: /data
command: [/bin/sh, -c]
# The password is not on the command line, where every process of the pod could read it.
args: ['printf "requirepass %s\n" "$VALKEY_PASSWORD" | exec valkey-server - --save "" --appendonly no --protected-mode no --dir /data']
env:
  VALKEY_PASSWORD: {secret: {{ include "loupe.fullname" . }}-bundled-redis, key: password}
{{- end -}}

{{- define "loupe.bundled.s3" -}}
user: 10001
folder: /data
scratch: [/tmp]
command: [weed]
args: [-logtostderr=true, server, -dir=/data, -ip=127.0.0.1, -ip.bind=0.0.0.0, -master.volumeSizeLimitMB=1024, -volume.max=0, -filer, -s3, -s3.port=8333, -s3.config=/etc/loupe/identities.json]
secretFolder: /etc/loupe
secretKey: identities.json
{{- end -}}
