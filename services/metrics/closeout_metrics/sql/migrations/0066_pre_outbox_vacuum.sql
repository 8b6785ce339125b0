-- An hour's records are dropped each hour. As PostgreSQL comes, a fifth of the table is dead before they are vacuumed, and all
-- of that at once (bench/outbox.py).
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
