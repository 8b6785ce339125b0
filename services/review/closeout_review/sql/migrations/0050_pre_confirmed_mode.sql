-- What was suggested of each published review and what people confirmed: by it the suggestions can be measured and mended.
CREATE TABLE confirmed_mode (
    postmortem_id uuid PRIMARY KEY,
    taxonomy_version integer NOT NULL,
    suggested jsonb NOT NULL, -- [{"mode", "evidence"}]
    confirmed text[] NOT NULL,
    confirmed_at timestamptz NOT NULL DEFAULT now()
);
