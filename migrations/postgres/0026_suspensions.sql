-- Cuts are suspended in an area: a storm, an outage, water that has to be boiled. `covers` says by what the area is named
-- (`everywhere`, `city`, `zip`, `cycle`, `route`), `places` which ones, a JSON list. Days as in holds.
CREATE TABLE suspensions (
    number TEXT NOT NULL PRIMARY KEY,
    covers TEXT NOT NULL,
    places TEXT NOT NULL,
    reason TEXT NOT NULL,
    why TEXT NOT NULL,
    start_on TEXT NOT NULL,
    good_through TEXT,
    lifted_on TEXT,
    set_by TEXT NOT NULL,
    set_at_us BIGINT NOT NULL,
    lifted_by TEXT,
    lifted_at_us BIGINT,
    lifted_why TEXT
);

-- The orders that were out when it began, and that were told.
CREATE TABLE suspended_orders (
    suspension TEXT NOT NULL REFERENCES suspensions (number),
    order_id UUID NOT NULL REFERENCES orders (id),
    PRIMARY KEY (suspension, order_id)
);
CREATE INDEX suspended_orders_by_order ON suspended_orders (order_id);
