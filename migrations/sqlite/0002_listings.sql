-- What billing systems say: premises with their meters, holds, cut-off listings, payments, and the files it came in.
-- Days are 'YYYY-MM-DD', money whole cents. Accounts, premises and serials are texts of the billing system.

-- Who sends files, and how theirs are laid out: a JSON list of mappings that come before the built-in ones.
CREATE TABLE sources (
    name TEXT NOT NULL PRIMARY KEY,
    mappings TEXT NOT NULL,
    changed_at_us INTEGER NOT NULL
) STRICT;

-- Files that were taken in, each with the report that its sender got.
CREATE TABLE imports (
    id BLOB NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    as_of TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    -- JSON.
    report TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX imports_by_file ON imports (file_sha256);

-- `hazards` and `flags` are codes with ';' between them. Hazards found at the door are kept elsewhere: a file never
-- takes one away.
CREATE TABLE premises (
    id TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    unit TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    zip TEXT NOT NULL,
    lat_e7 INTEGER,
    lon_e7 INTEGER,
    cycle TEXT NOT NULL,
    route TEXT NOT NULL,
    sequence TEXT NOT NULL,
    hazards TEXT NOT NULL,
    flags TEXT NOT NULL,
    import_id BLOB NOT NULL REFERENCES imports (id)
) STRICT;

CREATE TABLE accounts (
    account TEXT NOT NULL PRIMARY KEY,
    system TEXT NOT NULL,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    language TEXT NOT NULL,
    phone TEXT NOT NULL,
    import_id BLOB NOT NULL REFERENCES imports (id)
) STRICT;

-- One product at a premise. `point` is the meter's serial, or premise, account and product where there is no meter.
CREATE TABLE service_points (
    point TEXT NOT NULL PRIMARY KEY,
    premise TEXT NOT NULL REFERENCES premises (id),
    account TEXT NOT NULL REFERENCES accounts (account),
    product TEXT NOT NULL,
    serial TEXT UNIQUE,
    size TEXT NOT NULL,
    dials INTEGER,
    multiplier INTEGER,
    uom TEXT NOT NULL,
    last_read TEXT,
    last_read_on TEXT,
    low_usage INTEGER,
    high_usage INTEGER,
    meter_location TEXT NOT NULL,
    import_id BLOB NOT NULL REFERENCES imports (id)
) STRICT;
CREATE INDEX service_points_by_premise ON service_points (premise);
CREATE INDEX service_points_by_account ON service_points (account);

-- `good_through` is the last day, that day included; `lifted_on` the first day on which the hold doesn't count.
CREATE TABLE holds (
    source TEXT NOT NULL,
    hold TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_on TEXT NOT NULL,
    good_through TEXT,
    lifted_on TEXT,
    pledged_minor INTEGER,
    agency TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    comment TEXT NOT NULL,
    import_id BLOB REFERENCES imports (id),
    changed_at_us INTEGER NOT NULL,
    PRIMARY KEY (source, hold)
) STRICT;
CREATE INDEX holds_by_account ON holds (account);

-- A listing is a draft until a named person finalises it; then it has a number and its rows never change.
CREATE TABLE listings (
    id BLOB NOT NULL PRIMARY KEY,
    import_id BLOB NOT NULL REFERENCES imports (id),
    source TEXT NOT NULL,
    as_of TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'final', 'withdrawn')),
    number INTEGER UNIQUE,
    rows_sha256 TEXT,
    created_at_us INTEGER NOT NULL,
    finalised_at_us INTEGER,
    finalised_by BLOB REFERENCES people (id),
    CHECK ((state = 'draft') = (number IS NULL))
) STRICT;
CREATE INDEX listings_by_file ON listings (file_sha256);
CREATE INDEX listings_by_day ON listings (as_of);

-- The accepted rows: each is a line of an order. `cautions` are codes with ';' between them.
CREATE TABLE listing_rows (
    listing BLOB NOT NULL REFERENCES listings (id),
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    premise TEXT NOT NULL,
    name TEXT NOT NULL,
    serial TEXT NOT NULL,
    product TEXT NOT NULL,
    order_kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    past_due_minor INTEGER NOT NULL,
    total_due_minor INTEGER,
    notice_date TEXT NOT NULL,
    cut_date TEXT,
    phone TEXT NOT NULL,
    comment TEXT NOT NULL,
    cautions TEXT NOT NULL,
    PRIMARY KEY (listing, line)
) STRICT;
CREATE INDEX listing_rows_by_account ON listing_rows (account);

CREATE TRIGGER listing_rows_stay_inserted BEFORE INSERT ON listing_rows
WHEN (SELECT state FROM listings WHERE id = NEW.listing) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the rows of a final listing never change'); END;
CREATE TRIGGER listing_rows_stay_updated BEFORE UPDATE ON listing_rows
WHEN (SELECT state FROM listings WHERE id = OLD.listing) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the rows of a final listing never change'); END;
CREATE TRIGGER listing_rows_stay_deleted BEFORE DELETE ON listing_rows
WHEN (SELECT state FROM listings WHERE id = OLD.listing) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the rows of a final listing never change'); END;

-- Money that came in (positive), and what was taken back (negative, with the receipt that it takes back). `source` is
-- the billing system that sent it, or 'office'. `paid_at_us` is when it was paid; the beginning of the day where the
-- source gives no time.
CREATE TABLE payments (
    id BLOB NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    confirmation TEXT NOT NULL,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    tender TEXT NOT NULL,
    paid_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL,
    recorded_by BLOB REFERENCES people (id),
    takes_back TEXT,
    taken_back_because TEXT,
    reference TEXT NOT NULL,
    batch TEXT NOT NULL,
    import_id BLOB REFERENCES imports (id)
) STRICT;
CREATE INDEX payments_by_account ON payments (account, paid_at_us);
CREATE INDEX payments_by_confirmation ON payments (confirmation);
-- A receipt is one payment, however often the journal prints it.
CREATE UNIQUE INDEX payments_once ON payments (source, confirmation) WHERE import_id IS NOT NULL;
