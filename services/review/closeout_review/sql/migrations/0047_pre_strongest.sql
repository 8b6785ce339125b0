-- The words that say most of a review are asked of the best two only: a column of their own. What was indexed before is
-- indexed anew.
ALTER TABLE catalogue_document ADD COLUMN strongest jsonb NOT NULL DEFAULT '{}';
UPDATE catalogue_document SET is_current = false;
