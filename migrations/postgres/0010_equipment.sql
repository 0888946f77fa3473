-- What a box is, for whoever has to find it: "Gateway TG-2472, MAC F9:0B:38:52:15:B2".

ALTER TABLE listing_rows ADD COLUMN equipment TEXT;
ALTER TABLE order_lines ADD COLUMN equipment TEXT;
