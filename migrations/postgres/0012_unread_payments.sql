-- Rows of payment files that could not be read: each may be somebody who paid. A row stands until its payment is known
-- here or somebody says, with their name, what it is; files that come later do not silence it.
-- `account` is empty where none can be read; `account_sure` is false for one that only may be meant. `meant` counts the
-- rows of the file that it stands for: more than one where a file had too many to keep each.
CREATE TABLE unread_payments (
    id UUID NOT NULL PRIMARY KEY,
    import_id UUID NOT NULL REFERENCES imports (id),
    source TEXT NOT NULL,
    as_of TEXT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT NOT NULL,
    account_sure BOOLEAN NOT NULL,
    receipt TEXT NOT NULL,
    heading TEXT NOT NULL,
    value TEXT NOT NULL,
    code TEXT NOT NULL,
    meant BIGINT NOT NULL,
    kept_at_us BIGINT NOT NULL,
    settled_at_us BIGINT,
    settled_by TEXT,
    settled_why TEXT
);
CREATE INDEX unread_payments_by_account ON unread_payments (account);
CREATE INDEX unread_payments_by_settled ON unread_payments (settled_at_us, kept_at_us);
