-- A receipt is found however it is written: "R-17", "r 17" and "R17" are one.
CREATE INDEX payments_by_receipt ON payments (replace(replace(lower(confirmation), ' ', ''), '-', ''));
