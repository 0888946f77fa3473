-- What reports read, each by an index of its own.

-- A line of it is off now: the register of who is off reads these orders and no others.
ALTER TABLE orders ADD COLUMN is_off INTEGER NOT NULL DEFAULT 0 CHECK (is_off IN (0, 1));
UPDATE orders SET is_off = 1 WHERE kind NOT IN ('reconnect', 'unlock')
    AND (disposition LIKE '%"line":"off"%' OR disposition LIKE '%"line":"found_off"%');
CREATE INDEX orders_off ON orders (account) WHERE is_off;
CREATE INDEX routes_by_date ON routes (date);
CREATE INDEX visits_by_route ON facts (home_doc) WHERE kind = 'visit';
-- Few orders have one; asked for each visit that is counted.
CREATE INDEX corrections_by_order ON facts (order_id) WHERE kind = 'correction';
CREATE INDEX exceptions_by_raised ON exceptions (raised_at_us);
-- The trail by person, by day, and by the account or order that a line names.
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_time ON audit (at_us);
CREATE INDEX audit_by_account ON audit (details ->> 'account');
CREATE INDEX audit_by_order ON audit (details ->> 'order');
