#!/bin/sh
# The first start of PostgreSQL: a user without special rights who owns the database.
set -eu
psql --username postgres --no-psqlrc --set ON_ERROR_STOP=1 --set password="$FLASHFIT_DB_PASSWORD" <<'SQL'
CREATE USER flashfit_user PASSWORD :'password';
CREATE DATABASE flashfit_ai OWNER flashfit_user;
SQL
