-- A reconnect that nothing calls for any more waits unseen: it must not fill the board before those that somebody paid for.

ALTER TABLE orders ADD COLUMN uncalled BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX orders_by_kind_and_state ON orders (kind, state);
