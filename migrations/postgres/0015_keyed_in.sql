-- Who keyed in which visit from a paper route sheet. The visit itself is the crew's.
CREATE TABLE keyed_in (
    visit TEXT NOT NULL PRIMARY KEY REFERENCES facts (id),
    person UUID REFERENCES people (id),
    at_us BIGINT NOT NULL
);
