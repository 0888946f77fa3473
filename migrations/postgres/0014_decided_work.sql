-- What became of work that a tablet out of service handed in: `waiting` for a person, `taken_in`, or `set_aside`.
ALTER TABLE quarantine ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting';
