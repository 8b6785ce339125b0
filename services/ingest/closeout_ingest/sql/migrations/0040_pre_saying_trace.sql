-- The trace that a card belongs to: what is said at the pager is its last step.
ALTER TABLE saying ADD COLUMN traceparent text;
