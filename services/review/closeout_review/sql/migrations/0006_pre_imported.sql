-- Reviews that were written before Closeout was there, as they were read. Found again like the others; nothing is promised in them.
CREATE TABLE imported (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- Of the original: one that has not changed is left alone.
    digest bytea NOT NULL,
    title text NOT NULL,
    happened_on date,
    services text[] NOT NULL,
    summary text NOT NULL,
    ended_by text NOT NULL,
    -- [{"text", "owner", "done", "ticket"}]; done is null where the document does not say.
    action_items jsonb NOT NULL,
    -- As bytes: a file may hold what text cannot.
    original bytea NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX imported_since ON imported (imported_at);
