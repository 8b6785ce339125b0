-- What the quarterly reading came to: patterns that stand, and structural changes that were promised.
CREATE TABLE meta_finding (
    id uuid PRIMARY KEY,
    quarter text NOT NULL,
    kind text NOT NULL,
    by_reader boolean NOT NULL
);
CREATE TABLE meta_proposal (
    id uuid PRIMARY KEY,
    quarter text NOT NULL,
    kind text NOT NULL,
    item_id uuid NOT NULL,
    incidents integer NOT NULL,
    minutes double precision NOT NULL
);
