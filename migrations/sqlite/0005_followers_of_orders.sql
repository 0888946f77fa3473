-- A cut is folded with the facts of its reconnects.
CREATE INDEX orders_by_cause ON orders (cause_order);

-- Which tablets may hold a route is asked at every payment.
CREATE INDEX device_docs_by_doc ON device_docs (doc);
