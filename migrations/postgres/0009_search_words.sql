-- The words by which an account is found: lower case, without accents and punctuation; numbers without what people
-- leave out when they read them aloud. Filled when premises come in, and at the start where they are missing.
CREATE TABLE search_words (
    account TEXT NOT NULL,
    -- Compared byte by byte: whatever the database's language, words that begin alike stand together.
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, word)
);
CREATE INDEX search_words_by_word ON search_words (word, account);
