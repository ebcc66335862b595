-- One service's database, its owner and its application's role. Safe to run again.
--
-- Run by psql as superuser, once per service, with ACQUIT_SERVICE, ACQUIT_OWNER_PASSWORD and
-- ACQUIT_APP_PASSWORD in the environment. Invariant: a role connects to its own service's
-- database and to no other; the application's role creates nothing.

\getenv service ACQUIT_SERVICE
\getenv owner_password ACQUIT_OWNER_PASSWORD
\getenv app_password ACQUIT_APP_PASSWORD
\set database acquit_ :service
\set owner :service _owner
\set app :service _app

SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY[:'owner', :'app']) AS name
 WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
 WHERE :'database' NOT IN (SELECT datname FROM pg_database) \gexec
REVOKE ALL ON DATABASE postgres, template1, :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"owner", :"app";

\connect :"database"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
  GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO :"app";
