#!/bin/sh
# Run by the image of PostgreSQL when its volume is empty: a user for the ledger
# that is no superuser, its database, and a user for replicas.
set -eu
secrets=${WENXIAO_SECRETS:-/run/secrets}
echo 'host replication replica all scram-sha-256' >>"$PGDATA/pg_hba.conf"
psql --no-psqlrc -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres \
  -v password="$(cat "$secrets/wenxiao")" -v copying="$(cat "$secrets/replica")" <<'SQL'
create role wenxiao login password :'password';
create database wenxiao owner wenxiao encoding 'UTF8' locale 'C' template template0;
create role replica login replication password :'copying';
select pg_reload_conf();
SQL
