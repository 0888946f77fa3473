-- Tablets that prove themselves with their own key, and the work of those that are out of service.

-- Since then the device has proven its key: each refresh needs its signature.
ALTER TABLE devices ADD COLUMN key_proven_at_us INTEGER;

-- Changes that a tablet handed in after it was taken out of service, for a person's decision. `doc` is the route that
-- it names, which a restored server may not know. `facts` is JSON of what could be read in the change.
CREATE TABLE quarantine (
    device BLOB NOT NULL REFERENCES devices (id),
    doc BLOB NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    facts TEXT NOT NULL,
    clock_offset_us INTEGER NOT NULL,
    received_at_us INTEGER NOT NULL,
    PRIMARY KEY (device, doc, hash)
) STRICT;
