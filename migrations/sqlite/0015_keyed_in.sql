-- Who keyed in which visit from a paper route sheet. The visit itself is the crew's.
CREATE TABLE keyed_in (
    visit TEXT NOT NULL PRIMARY KEY REFERENCES facts (id),
    person BLOB REFERENCES people (id),
    at_us INTEGER NOT NULL
) STRICT;
