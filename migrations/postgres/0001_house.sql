-- The house: who works here, with what they sign in, and what keeps the rest honest.
-- Times are microseconds UTC, ids UUIDs.

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at_us BIGINT NOT NULL
);

CREATE TABLE crews (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('own', 'contractor')),
    phone TEXT,
    -- Products that the crew may cut and restore, separated by spaces ("water electric").
    qualifications TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at_us BIGINT NOT NULL
);

CREATE TABLE people (
    id UUID NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    -- NULL: may not sign in with a password.
    password_hash TEXT,
    crew_id UUID REFERENCES crews (id),
    active BOOLEAN NOT NULL,
    created_at_us BIGINT NOT NULL
);
CREATE INDEX people_by_crew ON people (crew_id);

CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    crew_id UUID NOT NULL REFERENCES crews (id),
    name TEXT NOT NULL,
    -- The device's own key: 32 bytes Ed25519 or 65 bytes P-256, uncompressed.
    public_key BYTEA NOT NULL,
    enrolled_at_us BIGINT NOT NULL,
    last_seen_at_us BIGINT,
    revoked_at_us BIGINT,
    revoked_by UUID REFERENCES people (id)
);
CREATE INDEX devices_by_crew ON devices (crew_id);

CREATE TABLE device_codes (
    -- The first characters of the code, by which it is found.
    selector TEXT NOT NULL PRIMARY KEY,
    secret_sha256 BYTEA NOT NULL,
    crew_id UUID NOT NULL REFERENCES crews (id),
    created_by UUID NOT NULL REFERENCES people (id),
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    used_at_us BIGINT,
    device_id UUID REFERENCES devices (id)
);

-- One sign-in of a person or enrolment of a device, and the refresh tokens that followed from it.
CREATE TABLE token_families (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID REFERENCES people (id),
    device_id UUID REFERENCES devices (id),
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    revoked_at_us BIGINT,
    revoked_because TEXT,
    CHECK ((person_id IS NULL) <> (device_id IS NULL))
);
CREATE INDEX token_families_by_person ON token_families (person_id);
CREATE INDEX token_families_by_device ON token_families (device_id);

CREATE TABLE refresh_tokens (
    id UUID NOT NULL PRIMARY KEY,
    family_id UUID NOT NULL REFERENCES token_families (id),
    token_sha256 BYTEA NOT NULL UNIQUE,
    -- The access token that was issued with it.
    access_jti UUID NOT NULL UNIQUE,
    issued_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL,
    used_at_us BIGINT,
    access_used_at_us BIGINT,
    successor_id UUID REFERENCES refresh_tokens (id),
    -- Its answer was lost: replaced by a later successor of the same token.
    replaced_at_us BIGINT
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);

-- Sign-ins of pages (cookie).
CREATE TABLE web_sessions (
    cookie_sha256 BYTEA NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES people (id),
    created_at_us BIGINT NOT NULL,
    last_seen_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);
CREATE INDEX web_sessions_by_person ON web_sessions (person_id);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    private_pkcs8 BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    created_at_us BIGINT NOT NULL,
    -- Signs until then, verifies until expires_at_us.
    signs_until_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);

-- Failed sign-ins, by account and by address.
CREATE TABLE sign_in_fences (
    subject TEXT NOT NULL PRIMARY KEY,
    fails BIGINT NOT NULL,
    last_at_us BIGINT NOT NULL,
    closed_until_us BIGINT NOT NULL
);

CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request_sha256 BYTEA NOT NULL,
    status BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    body BYTEA NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at_us);

-- Append-only, each row chained to the one before by its hash.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    previous_sha256 BYTEA NOT NULL,
    sha256 BYTEA NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject);

CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    sha256 BYTEA NOT NULL
);
INSERT INTO audit_head (id, seq, sha256) VALUES (1, 0, '\x0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE feed_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL
);
INSERT INTO feed_head (id, seq) VALUES (1, 0);

CREATE TABLE feed_events (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX feed_events_by_age ON feed_events (at_us);
