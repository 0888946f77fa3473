-- An exception may be about a tablet and not about an order: what it hands in can't be read, so that nobody knows which.

CREATE TABLE exceptions_anew (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    order_id BLOB REFERENCES orders (id),
    account TEXT NOT NULL,
    cause TEXT,
    detail TEXT NOT NULL,
    owner_role TEXT NOT NULL,
    raised_at_us INTEGER NOT NULL,
    due_at_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    resolved_at_us INTEGER,
    resolved_by BLOB,
    resolution TEXT
) STRICT;
INSERT INTO exceptions_anew (id, kind, order_id, account, cause, detail, owner_role, raised_at_us, due_at_us, state, resolved_at_us, resolved_by, resolution)
    SELECT id, kind, order_id, account, cause, detail, owner_role, raised_at_us, due_at_us, state, resolved_at_us, resolved_by, resolution FROM exceptions;
DROP TABLE exceptions;
ALTER TABLE exceptions_anew RENAME TO exceptions;
CREATE INDEX exceptions_by_state ON exceptions (state, due_at_us);
CREATE INDEX exceptions_by_order ON exceptions (order_id);
