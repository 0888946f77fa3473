-- Orders, routes and their documents, facts as rows, and what they add up to.

-- One piece of field work at one premise. `state` and `disposition` are what the fold over the order's facts gave
-- when the last of them was stored: a cache for lists, never a source.
CREATE TABLE orders (
    id BLOB PRIMARY KEY NOT NULL,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    account TEXT NOT NULL,
    premise TEXT NOT NULL,
    listing BLOB,
    cause_order BLOB,
    priority INTEGER NOT NULL,
    fees_suppressed INTEGER NOT NULL,
    past_due_minor INTEGER NOT NULL,
    note TEXT,
    due_at_us INTEGER,
    state TEXT NOT NULL,
    disposition TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    changed_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_account ON orders (account);
CREATE INDEX orders_by_premise ON orders (premise);
CREATE INDEX orders_by_state ON orders (state);

CREATE TABLE order_lines (
    order_id BLOB NOT NULL REFERENCES orders (id),
    line TEXT NOT NULL,
    product TEXT NOT NULL,
    serial TEXT,
    past_due_minor INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) STRICT;

-- The next number of each letter ("T-2291").
CREATE TABLE order_numbers (
    letter TEXT PRIMARY KEY NOT NULL,
    next INTEGER NOT NULL
) STRICT;

-- A dispatcher's plan for one day; its body is JSON: routes with their orders, and orders left out with the reason.
CREATE TABLE plans (
    id BLOB PRIMARY KEY NOT NULL,
    date TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    created_by BLOB,
    published_at_us INTEGER
) STRICT;

-- A published route is a document. `version` counts the changes stored for it: a cached copy is good while it has
-- the same version.
CREATE TABLE routes (
    id BLOB PRIMARY KEY NOT NULL,
    crew BLOB NOT NULL,
    date TEXT NOT NULL,
    generation INTEGER NOT NULL,
    plan BLOB,
    published_at_us INTEGER NOT NULL,
    published_by BLOB,
    closed_at_us INTEGER,
    version INTEGER NOT NULL,
    UNIQUE (crew, date, generation)
) STRICT;

-- Which orders are, or ever were, on a route.
CREATE TABLE route_orders (
    route BLOB NOT NULL REFERENCES routes (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    rank INTEGER NOT NULL,
    taken_off_at_us INTEGER,
    PRIMARY KEY (route, order_id)
) STRICT;
CREATE INDEX route_orders_by_order ON route_orders (order_id);

CREATE TABLE doc_snapshots (
    doc BLOB PRIMARY KEY NOT NULL REFERENCES routes (id),
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    made_at_us INTEGER NOT NULL
) STRICT;

-- Changes as plain chunks, in the order in which they were stored. `device` is the tablet they came from;
-- `clock_offset_us` is the server's clock less the device's when they were received.
CREATE TABLE doc_changes (
    doc BLOB NOT NULL REFERENCES routes (id),
    hash BLOB NOT NULL,
    actor BLOB NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    version INTEGER NOT NULL,
    feed_seq INTEGER NOT NULL,
    received_at_us INTEGER NOT NULL,
    device BLOB,
    clock_offset_us INTEGER,
    PRIMARY KEY (doc, hash),
    UNIQUE (doc, actor, seq)
) STRICT;
CREATE INDEX doc_changes_by_version ON doc_changes (doc, version);

-- The actors that were issued to devices; a device writes with the newest one of a document.
CREATE TABLE doc_actors (
    doc BLOB NOT NULL REFERENCES routes (id),
    actor BLOB NOT NULL,
    device BLOB NOT NULL,
    issued_at_us INTEGER NOT NULL,
    PRIMARY KEY (doc, actor)
) STRICT;
CREATE INDEX doc_actors_by_device ON doc_actors (device, doc);

-- What a tablet is known to have: the heads that it last named itself, and when.
CREATE TABLE device_docs (
    device BLOB NOT NULL,
    doc BLOB NOT NULL REFERENCES routes (id),
    confirmed_heads BLOB NOT NULL,
    confirmed_at_us INTEGER NOT NULL,
    PRIMARY KEY (device, doc)
) STRICT;

CREATE TABLE device_contacts (
    device BLOB PRIMARY KEY NOT NULL,
    last_contact_at_us INTEGER NOT NULL,
    clock_offset_us INTEGER NOT NULL
) STRICT;

-- Every accepted fact as a row: the truth across documents. `body` is JSON with its kind and own fields.
CREATE TABLE facts (
    id TEXT PRIMARY KEY NOT NULL,
    order_id BLOB NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL,
    visit TEXT,
    v INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    by_person BLOB,
    device BLOB,
    body TEXT NOT NULL,
    home_doc BLOB,
    home_change BLOB,
    clock_offset_us INTEGER,
    received_at_us INTEGER NOT NULL,
    feed_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX facts_by_order ON facts (order_id);
CREATE INDEX facts_by_kind ON facts (kind, received_at_us);

-- How a visit's change stood to a release, hold or recall in the visit's home document; decided once, when the later
-- of the two was stored.
CREATE TABLE knew (
    visit TEXT NOT NULL,
    other TEXT NOT NULL,
    knew TEXT NOT NULL,
    PRIMARY KEY (visit, other)
) STRICT;

-- Dispositions that need a person. The id is derived from kind, order and cause, so that working it out again
-- raises nothing twice.
CREATE TABLE exceptions (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    order_id BLOB NOT NULL REFERENCES orders (id),
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
CREATE INDEX exceptions_by_state ON exceptions (state, due_at_us);
CREATE INDEX exceptions_by_order ON exceptions (order_id);
