-- By which taxonomy of failure modes a review was read (its fingerprint): where a team's own has changed since, they are
-- read anew, some at a time, while the catalogue answers as before.
-- Words of operating systems, virtual machines and phones are concepts now: all reviews are indexed anew, by themselves.
TRUNCATE catalogue_document, catalogue_segment, catalogue_posting;
ALTER TABLE catalogue_document ADD COLUMN taxonomy text NOT NULL DEFAULT '';
CREATE INDEX catalogue_document_taxonomy ON catalogue_document (taxonomy) WHERE is_current;
