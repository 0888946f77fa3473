-- A cut is folded with the facts of its reconnects.
CREATE INDEX orders_by_cause ON orders (cause_order);
