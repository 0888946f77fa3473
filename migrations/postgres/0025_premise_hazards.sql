-- Hazards that a crew met at the door: they stay with the premise for every later crew. What the premises file says of
-- hazards is on the premise itself, and a new file takes none of these away. `code` is the crew's: `dog`, `threat`, ...
CREATE TABLE premise_hazards (
    premise TEXT NOT NULL,
    code TEXT NOT NULL,
    fact TEXT NOT NULL,
    met_at_us BIGINT NOT NULL,
    PRIMARY KEY (premise, code)
);
