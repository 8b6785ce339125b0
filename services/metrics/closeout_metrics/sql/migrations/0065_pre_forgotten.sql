-- By what a vendor knows somebody who was forgotten, as a digest: what is heard of them later is told of nobody.
CREATE TABLE forgotten (
    digest bytea PRIMARY KEY,
    stand_in text NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
