-- Orders, routes and their documents, facts as rows, and what they add up to.

-- One piece of field work at one premise. `state` and `disposition` are what the fold over the order's facts gave
-- when the last of them was stored: a cache for lists, never a source.
CREATE TABLE orders (
    id UUID PRIMARY KEY NOT NULL,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    account TEXT NOT NULL,
    premise TEXT NOT NULL,
    listing UUID,
    cause_order UUID,
    priority BIGINT NOT NULL,
    fees_suppressed BOOLEAN NOT NULL,
    past_due_minor BIGINT NOT NULL,
    note TEXT,
    due_at_us BIGINT,
    state TEXT NOT NULL,
    disposition TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    changed_seq BIGINT NOT NULL
);
CREATE INDEX orders_by_account ON orders (account);
CREATE INDEX orders_by_premise ON orders (premise);
CREATE INDEX orders_by_state ON orders (state);

CREATE TABLE order_lines (
    order_id UUID NOT NULL REFERENCES orders (id),
    line TEXT NOT NULL,
    product TEXT NOT NULL,
    serial TEXT,
    past_due_minor BIGINT NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- The next number of each letter ("T-2291").
CREATE TABLE order_numbers (
    letter TEXT PRIMARY KEY NOT NULL,
    next BIGINT NOT NULL
);

-- A dispatcher's plan for one day; its body is JSON: routes with their orders, and orders left out with the reason.
CREATE TABLE plans (
    id UUID PRIMARY KEY NOT NULL,
    date TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    created_by UUID,
    published_at_us BIGINT
);

-- A published route is a document. `version` counts the changes stored for it: a cached copy is good while it has
-- the same version.
CREATE TABLE routes (
    id UUID PRIMARY KEY NOT NULL,
    crew UUID NOT NULL,
    date TEXT NOT NULL,
    generation BIGINT NOT NULL,
    plan UUID,
    published_at_us BIGINT NOT NULL,
    published_by UUID,
    closed_at_us BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (crew, date, generation)
);

-- Which orders are, or ever were, on a route.
CREATE TABLE route_orders (
    route UUID NOT NULL REFERENCES routes (id),
    order_id UUID NOT NULL REFERENCES orders (id),
    rank BIGINT NOT NULL,
    taken_off_at_us BIGINT,
    PRIMARY KEY (route, order_id)
);
CREATE INDEX route_orders_by_order ON route_orders (order_id);

CREATE TABLE doc_snapshots (
    doc UUID PRIMARY KEY NOT NULL REFERENCES routes (id),
    version BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    made_at_us BIGINT NOT NULL
);

-- Changes as plain chunks, in the order in which they were stored. `device` is the tablet they came from;
-- `clock_offset_us` is the server's clock less the device's when they were received.
CREATE TABLE doc_changes (
    doc UUID NOT NULL REFERENCES routes (id),
    hash BYTEA NOT NULL,
    actor BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    version BIGINT NOT NULL,
    feed_seq BIGINT NOT NULL,
    received_at_us BIGINT NOT NULL,
    device UUID,
    clock_offset_us BIGINT,
    PRIMARY KEY (doc, hash),
    UNIQUE (doc, actor, seq)
);
CREATE INDEX doc_changes_by_version ON doc_changes (doc, version);

-- The actors that were issued to devices; a device writes with the newest one of a document.
CREATE TABLE doc_actors (
    doc UUID NOT NULL REFERENCES routes (id),
    actor BYTEA NOT NULL,
    device UUID NOT NULL,
    issued_at_us BIGINT NOT NULL,
    PRIMARY KEY (doc, actor)
);
CREATE INDEX doc_actors_by_device ON doc_actors (device, doc);

-- What a tablet is known to have: the heads that it last named itself, and when.
CREATE TABLE device_docs (
    device UUID NOT NULL,
    doc UUID NOT NULL REFERENCES routes (id),
    confirmed_heads BYTEA NOT NULL,
    confirmed_at_us BIGINT NOT NULL,
    PRIMARY KEY (device, doc)
);

CREATE TABLE device_contacts (
    device UUID PRIMARY KEY NOT NULL,
    last_contact_at_us BIGINT NOT NULL,
    clock_offset_us BIGINT NOT NULL
);

-- Every accepted fact as a row: the truth across documents. `body` is JSON with its kind and own fields.
CREATE TABLE facts (
    id TEXT PRIMARY KEY NOT NULL,
    order_id UUID NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL,
    visit TEXT,
    v BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    by_person UUID,
    device UUID,
    body TEXT NOT NULL,
    home_doc UUID,
    home_change BYTEA,
    clock_offset_us BIGINT,
    received_at_us BIGINT NOT NULL,
    feed_seq BIGINT NOT NULL
);
CREATE INDEX facts_by_order ON facts (order_id);
CREATE INDEX facts_by_kind ON facts (kind, received_at_us);

-- How a visit's change stood to a release, hold or recall in the visit's home document; decided once, when the later
-- of the two was stored.
CREATE TABLE knew (
    visit TEXT NOT NULL,
    other TEXT NOT NULL,
    knew TEXT NOT NULL,
    PRIMARY KEY (visit, other)
);

-- Dispositions that need a person. The id is derived from kind, order and cause, so that working it out again
-- raises nothing twice.
CREATE TABLE exceptions (
    id UUID PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    order_id UUID NOT NULL REFERENCES orders (id),
    account TEXT NOT NULL,
    cause TEXT,
    detail TEXT NOT NULL,
    owner_role TEXT NOT NULL,
    raised_at_us BIGINT NOT NULL,
    due_at_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    resolved_at_us BIGINT,
    resolved_by UUID,
    resolution TEXT
);
CREATE INDEX exceptions_by_state ON exceptions (state, due_at_us);
CREATE INDEX exceptions_by_order ON exceptions (order_id);
