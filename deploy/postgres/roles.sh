#!/bin/sh
# Run once by the postgres image when its data folder is new: roles.sql for each service.
set -eu

set_up() {
  ACQUIT_SERVICE=$1 ACQUIT_OWNER_PASSWORD=$2 ACQUIT_APP_PASSWORD=$3 \
    psql -X --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --file /etc/acquit/roles.sql
}

set_up payments "$PAYMENTS_OWNER_PASSWORD" "$PAYMENTS_APP_PASSWORD"
set_up invoicing "$INVOICING_OWNER_PASSWORD" "$INVOICING_APP_PASSWORD"
set_up reconciliation "$RECONCILIATION_OWNER_PASSWORD" "$RECONCILIATION_APP_PASSWORD"
set_up archive "$ARCHIVE_OWNER_PASSWORD" "$ARCHIVE_APP_PASSWORD"
