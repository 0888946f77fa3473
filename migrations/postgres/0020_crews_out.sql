-- A crew that does not go out on a day after all: its truck broke down. Nobody is promised it; what its tablets bring
-- counts all the same.
CREATE TABLE crews_out (
    crew UUID NOT NULL REFERENCES crews (id),
    date TEXT NOT NULL,
    said_by UUID REFERENCES people (id),
    said_at_us BIGINT NOT NULL,
    PRIMARY KEY (crew, date)
);
