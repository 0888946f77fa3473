-- When a route was last put on paper: a crew may go by that sheet though no tablet ever fetched the route.
ALTER TABLE routes ADD COLUMN sheet_at_us BIGINT;
