-- What somebody at a desk released without a payment, and why. The releases themselves are facts of the account's orders.
CREATE TABLE releases_by_hand (
    id BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    reason TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_by BLOB REFERENCES people (id),
    recorded_at_us INTEGER NOT NULL,
    taken_back_at_us INTEGER,
    taken_back_why TEXT
) STRICT;
CREATE INDEX releases_by_hand_of_account ON releases_by_hand (account);
