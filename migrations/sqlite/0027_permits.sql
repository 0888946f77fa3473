-- Go-codes that dispatch gave by phone: what a tablet showed, what was answered, for which order on which route. A cut on a
-- code that is not here began without leave.
CREATE TABLE go_codes (
    route BLOB NOT NULL REFERENCES routes (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    challenge TEXT NOT NULL,
    code TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_at_us INTEGER NOT NULL,
    PRIMARY KEY (route, order_id, challenge)
) STRICT;
CREATE INDEX go_codes_by_order ON go_codes (order_id);
CREATE INDEX go_codes_by_time ON go_codes (given_at_us);

-- For how many minutes a cut may begin on data of that age, as the route's tablets know it; nothing of routes that went out
-- before it was kept.
ALTER TABLE routes ADD COLUMN permit_minutes INTEGER;

-- When the cut may begin by the utility's rules, as the route says it.
ALTER TABLE route_orders ADD COLUMN cut_hours TEXT;
