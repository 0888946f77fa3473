-- An exception may be about a tablet and not about an order: what it hands in can't be read, so that nobody knows which.

ALTER TABLE exceptions ALTER COLUMN order_id DROP NOT NULL;
