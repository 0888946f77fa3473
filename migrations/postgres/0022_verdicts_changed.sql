-- When label or fee of a visit became another than it was, after the visit had come in: the billing system has to hear
-- of it again. The visit itself may be on its way still.
CREATE TABLE verdict_changes (
    visit TEXT NOT NULL,
    changed_at_us BIGINT NOT NULL,
    PRIMARY KEY (visit, changed_at_us)
);
CREATE INDEX verdict_changes_by_time ON verdict_changes (changed_at_us);
-- Made anew at the next start: meters are listed by the ends of their serials too.
DELETE FROM search_words;
