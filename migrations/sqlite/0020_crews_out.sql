-- A crew that does not go out on a day after all: its truck broke down. Nobody is promised it; what its tablets bring
-- counts all the same.
CREATE TABLE crews_out (
    crew BLOB NOT NULL REFERENCES crews (id),
    date TEXT NOT NULL,
    said_by BLOB REFERENCES people (id),
    said_at_us INTEGER NOT NULL,
    PRIMARY KEY (crew, date)
) STRICT;
