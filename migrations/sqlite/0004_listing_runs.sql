-- When the billing system ran a listing, as its heading prints it ("Run 10/13/2026 04:52 PM"): the day, and the moment
-- where a time is printed. Payments from then on are not in its balances.
ALTER TABLE listings ADD COLUMN run_on TEXT;
ALTER TABLE listings ADD COLUMN run_at_us INTEGER;
