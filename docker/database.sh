#!/bin/sh
# The database image runs this once, when it makes a new server: a role that owns its database and has no other right.
set -eu
psql --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname="${POSTGRES_DB:-postgres}" <<'END'
\set password `cat "$DATABASE_PASSWORD_FILE"`
CREATE ROLE treadmill LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE treadmill OWNER treadmill;
REVOKE ALL ON DATABASE treadmill, postgres, template1 FROM PUBLIC;
END
