-- Tablets that prove themselves with their own key, and the work of those that are out of service.

-- Since then the device has proven its key: each refresh needs its signature.
ALTER TABLE devices ADD COLUMN key_proven_at_us BIGINT;

-- Changes that a tablet handed in after it was taken out of service, for a person's decision. `doc` is the route that
-- it names, which a restored server may not know. `facts` is JSON of what could be read in the change.
CREATE TABLE quarantine (
    device UUID NOT NULL REFERENCES devices (id),
    doc UUID NOT NULL,
    hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    facts TEXT NOT NULL,
    clock_offset_us BIGINT NOT NULL,
    received_at_us BIGINT NOT NULL,
    PRIMARY KEY (device, doc, hash)
);
