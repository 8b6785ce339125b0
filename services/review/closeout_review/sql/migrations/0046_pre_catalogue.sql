-- The back catalogue as an inverted index: which documents have a term, and how much it says of each.

-- A published or an imported review under a number. One that is indexed again gets another number; entries of the former
-- stay, and are passed over, until the catalogue is built anew.
CREATE TABLE catalogue_document (
    number integer GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START 0) PRIMARY KEY,
    review_id uuid NOT NULL,
    imported boolean NOT NULL,
    is_current boolean NOT NULL DEFAULT true,
    -- {"origin", "services", "alerts", "modes", "strongest", "day"}: what ranks it beside its terms.
    kept jsonb NOT NULL
);
CREATE UNIQUE INDEX catalogue_document_review ON catalogue_document (review_id) WHERE is_current;

-- Documents that were indexed together. Small segments are merged into larger ones; nothing in a segment changes.
CREATE TABLE catalogue_segment (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    level integer NOT NULL
);
CREATE INDEX catalogue_segment_level ON catalogue_segment (level, id);

-- Numbers as four bytes each, little-endian; impacts as 32-bit floats in the same order. Bytes of two segments can be put
-- together as they are. Not compressed: it would cost more to read than it saves.
CREATE TABLE catalogue_posting (
    term text NOT NULL,
    segment integer NOT NULL,
    numbers bytea NOT NULL,
    impacts bytea NOT NULL,
    PRIMARY KEY (term, segment)
);
ALTER TABLE catalogue_posting ALTER COLUMN numbers SET STORAGE EXTERNAL, ALTER COLUMN impacts SET STORAGE EXTERNAL;
CREATE INDEX catalogue_posting_segment ON catalogue_posting (segment);
