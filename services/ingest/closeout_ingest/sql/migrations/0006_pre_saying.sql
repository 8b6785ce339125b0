-- What is to be said at a pager, and what became of it.
CREATE TABLE saying (
    id uuid PRIMARY KEY,
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    text text NOT NULL,
    worth_until timestamptz NOT NULL,
    wanted_at timestamptz NOT NULL DEFAULT now(),
    said_at timestamptz,
    dropped_because text
);
CREATE INDEX saying_waiting ON saying (vendor, wanted_at) WHERE said_at IS NULL AND dropped_because IS NULL;
