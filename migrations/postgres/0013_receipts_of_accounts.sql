-- A slip on which somebody paid for two accounts is two payments: each counts for its own account.
DROP INDEX payments_once;
CREATE UNIQUE INDEX payments_once ON payments (source, confirmation, account) WHERE import_id IS NOT NULL;
