#!/bin/sh
# A streaming replica: copies its primary when its volume is empty, then follows.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  PGPASSWORD=$(cat "${WENXIAO_SECRETS:-/run/secrets}/replica") pg_basebackup -d "$PRIMARY" -D "$PGDATA" \
    --checkpoint=fast --wal-method=stream --create-slot --slot=replica --write-recovery-conf
fi
chmod 700 "$PGDATA"
exec postgres "$@"
