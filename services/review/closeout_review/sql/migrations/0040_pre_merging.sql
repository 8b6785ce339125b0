-- Who saved a revision, by name; empty where it was saved before names were known.
ALTER TABLE draft_revision ADD COLUMN saved_by text NOT NULL DEFAULT '';

-- What somebody wrote into a place of a draft while somebody else wrote there too. It stands beside the draft until one is chosen.
CREATE TABLE other_version (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    -- The field, as the form names it.
    place text NOT NULL,
    -- One page in one browser.
    writer text NOT NULL,
    words text NOT NULL,
    written_by text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    settled_by text,
    PRIMARY KEY (postmortem_id, place, writer)
);
