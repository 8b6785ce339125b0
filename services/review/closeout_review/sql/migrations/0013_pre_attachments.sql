-- Images, graphs and links beside an entry of a timeline. What was taken away again stays, with who, when and why.
CREATE TABLE attachment (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL,
    entry_id uuid NOT NULL REFERENCES timeline_entry (entry_id),
    kind text NOT NULL CHECK (kind IN ('image', 'graph', 'link')),
    title text NOT NULL,
    -- Either an address, or a file that is kept here.
    url text,
    media_type text,
    size integer,
    digest bytea,
    by text NOT NULL,
    attached_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    removed_by text,
    removed_why text,
    CHECK ((url IS NULL) = (digest IS NOT NULL)),
    CHECK (num_nulls(media_type, size, digest) IN (0, 3)),
    CHECK (num_nulls(removed_at, removed_by, removed_why) IN (0, 3))
);
CREATE INDEX attachment_of_incident ON attachment (incident_id, attached_at);

-- The files themselves, apart, so that a list reads none of them.
CREATE TABLE attachment_content (
    attachment_id uuid PRIMARY KEY REFERENCES attachment (id),
    content bytea NOT NULL
);
