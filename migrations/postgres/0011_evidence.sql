-- What crews photographed and had signed: each piece that a fact names, and when its bytes arrived. The bytes lie in the
-- folder of photos, under their hash.
CREATE TABLE evidence (
    fact TEXT NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES orders (id),
    visit TEXT NOT NULL,
    device UUID,
    what TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    size_bytes BIGINT NOT NULL,
    taken_at_us BIGINT NOT NULL,
    arrived_at_us BIGINT
);
CREATE INDEX evidence_by_order ON evidence (order_id);
CREATE INDEX evidence_by_hash ON evidence (sha256);
-- What a tablet is asked for.
CREATE INDEX evidence_not_here ON evidence (device) WHERE arrived_at_us IS NULL;
