-- Who rides with which crew, by what their PINs are known on its tablets, and what each tablet has of that.

-- Somebody may ride with several crews. `people.crew_id` is the one of them that they ride with usually. Who left stays
-- here: work of theirs may still come in.
CREATE TABLE riders (
    person_id UUID NOT NULL REFERENCES people (id),
    crew_id UUID NOT NULL REFERENCES crews (id),
    left_at_us BIGINT,
    PRIMARY KEY (person_id, crew_id)
);
CREATE INDEX riders_by_crew ON riders (crew_id);
INSERT INTO riders (person_id, crew_id) SELECT id, crew_id FROM people WHERE crew_id IS NOT NULL;

-- Never the PIN: what PBKDF2-HMAC-SHA256 derives from it.
CREATE TABLE pins (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES people (id),
    salt BYTEA NOT NULL,
    rounds BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    set_at_us BIGINT NOT NULL,
    set_by UUID REFERENCES people (id)
);

-- When the list of a crew's people was changed last, and of when the list is that a tablet has. 0: as it was before.
ALTER TABLE crews ADD COLUMN people_as_of_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN people_as_of_us BIGINT NOT NULL DEFAULT 0;

-- Its author had a PIN and went on without it.
ALTER TABLE facts ADD COLUMN without_pin BOOLEAN NOT NULL DEFAULT FALSE;
