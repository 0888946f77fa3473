-- A reconnect that nothing calls for any more waits unseen: it must not fill the board before those that somebody paid for.

ALTER TABLE orders ADD COLUMN uncalled INTEGER NOT NULL DEFAULT 0 CHECK (uncalled IN (0, 1));
CREATE INDEX orders_by_kind_and_state ON orders (kind, state);
